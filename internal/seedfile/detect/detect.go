// Package detect knows the families of seed-file formats, and finds the one
// that a file belongs to by its content, never by its name: vendors rename
// archives to .pdf so that mail gateways let them pass.
package detect

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/authenex"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/deepnet"
	"fob/internal/seedfile/entra"
	"fob/internal/seedfile/etoken"
	"fob/internal/seedfile/graphjson"
	"fob/internal/seedfile/hexcsv"
	"fob/internal/seedfile/multiotp"
	"fob/internal/seedfile/netiq"
	"fob/internal/seedfile/nexus"
	"fob/internal/seedfile/oathcsv"
	"fob/internal/seedfile/otpauth"
	"fob/internal/seedfile/pskc"
	"fob/internal/seedfile/safeword"
	"fob/internal/seedfile/serialseed"
	"fob/internal/seedfile/table"
	"fob/internal/seedfile/xlsx"
	"fob/internal/seedfile/yubikey"
	"fob/internal/token"
)

// Formats lists the formats that fob reads, in the order of help.
func Formats() []seedfile.Format {
	return append([]seedfile.Format{
		oathcsv.Format(), entra.Format(), hexcsv.Format(), netiq.Format(), multiotp.Format(), nexus.Format(), serialseed.Format(),
		yubikey.TraditionalFormat(), yubikey.YubicoFormat(), columns.Format(), xlsx.Format(),
	}, marked()...)
}

// marked are the formats that are no tables of columns: each has a mark of its
// own, and a file with it is no other's.
func marked() []seedfile.Format {
	return []seedfile.Format{
		pskc.Format(), etoken.Format(), deepnet.Format(), safeword.Format(), authenex.Format(), otpauth.Format(),
		graphjson.Format(),
	}
}

// claimed reports whether a file has the mark of a format, even one that cannot
// read it.
func claimed(sample seedfile.Sample) bool {
	fits, nearly := claims(sample, marked())
	return len(fits)+len(nearly) > 0
}

// ByName finds the format of a name.
func ByName(name string) (seedfile.Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return seedfile.Format{}, fault.Errorf(fault.Usage, "no format %q; fob reads %s", name, names())
}

func names() string {
	var list []string
	for _, f := range Formats() {
		list = append(list, f.Name)
	}
	return strings.Join(list, ", ")
}

// Detect finds the format of a file by its beginning and tells by what features;
// the pass reads on from the first byte. A file that is no format's, or that of
// several, is refused with what to do about it. The options are those that it will
// be read with.
func Detect(p *seedfile.Pass, o seedfile.Options) (f seedfile.Format, why string, err error) {
	sample, err := p.Sample(o)
	if err != nil {
		return f, "", err
	}
	name := p.Source.Name()
	if rows.IsWorkbook(sample.Data) {
		return detectSheet(p.Source, o)
	}
	if err = recognise(name, sample); err == nil {
		formats := Formats()
		if claimed(sample) {
			formats = marked()
		}
		f, why, err = choose(name, sample, formats)
	}
	if fault.KindOf(err) == fault.Refused && strings.HasSuffix(strings.ToLower(name), ".dpx") {
		// It is refused for what it is. How OneSpan writes its files is not published,
		// and the name may tell what the content does not.
		err = fault.Errorf(fault.Refused, "%q is in no format that fob knows; by its name it is %s", name, dpx).WithHint(askForOATH)
	}
	return f, why, err
}

// Named is the format of a name, or that of columns that the operator names. Of a
// workbook it is the format that its sheet is read by.
func Named(p *seedfile.Pass, name string, o seedfile.Options) (f seedfile.Format, why string, err error) {
	why = "the operator names it"
	if o.Columns != "" && (name == "" || name == xlsx.Name) {
		f, why = columns.Format(), "the operator names its columns"
	} else if f, err = ByName(name); err != nil {
		return f, "", err
	}
	file := p.Source.Name()
	sample, err := p.Sample(o)
	if err != nil {
		return f, "", err
	}
	switch book := rows.IsWorkbook(sample.Data); {
	case !book && name == xlsx.Name:
		return f, "", fault.Errorf(fault.Refused, "%q is no Excel workbook (.xlsx)", file).
			WithHint("leave %s out: fob finds out what it is", fault.Format)
	case !book:
		return f, why, checkTable(file, f, sample, o)
	case f.Name == xlsx.Name:
		return detectSheet(p.Source, o)
	case !f.Sheets:
		return f, "", fault.Errorf(fault.Refused, "%q is an Excel workbook, and %s is no list that a sheet can hold", file, f.Name).
			WithHint("leave %s out, or say %s", fault.Format, anyTable)
	}
	return xlsx.Of(f), why, nil
}

// anyTable is how any table can be read.
var anyTable = fault.Columns.Is("serial=1,seed=2")

// checkTable refuses to read a document that has no columns as a table, where every
// line would be refused for itself.
func checkTable(file string, f seedfile.Format, sample seedfile.Sample, o seedfile.Options) error {
	if !f.Sheets || o.SkipRows > 0 {
		return nil
	}
	if fits, nearly := claims(sample, marked()); len(fits)+len(nearly) > 0 {
		whose := append(fits, nearly...)[0].format.Name
		return fault.Errorf(fault.Refused, "%q is no table of columns: by its content it is %s", file, whose).
			WithHint("leave %s and %s out, or say %s", fault.Format, fault.Columns, fault.Format.Is(whose))
	}
	text, err := textOf(sample.Data)
	if err == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		err = fault.Errorf(fault.Refused, "%q is XML, which has no columns", file).
			WithHint("leave %s and %s out: fob says what it is", fault.Format, fault.Columns)
	}
	return err
}

// claim is a family that a file fits.
type claim struct {
	format seedfile.Format
	match  seedfile.Match
}

// claims asks every family.
func claims(sample seedfile.Sample, formats []seedfile.Format) (fits, nearly []claim) {
	for _, f := range formats {
		m := f.Sniff(sample)
		switch {
		case m.Fits:
			fits = append(fits, claim{f, m})
		case m.Why != "":
			nearly = append(nearly, claim{f, m})
		}
	}
	return fits, nearly
}

// choose finds the one family that a text fits.
func choose(file string, sample seedfile.Sample, formats []seedfile.Format) (f seedfile.Format, why string, err error) {
	fits, nearly, err := contenders(file, sample, formats, sample.Options.SkipRows > 0)
	switch {
	case err != nil:
		return f, "", err
	case len(fits) == 1:
		return fits[0].format, fits[0].match.Why, nil
	}
	if err := noSeeds(file, sample); err != nil {
		return f, "", err
	}
	if err := malformed(sample); err != nil {
		return f, "", fault.Wrap(fault.Refused, err, "%q", file).WithAdvice(fault.AdviceOf(err))
	}
	unknown := fault.Errorf(fault.Refused, "%q is text in no format that fob knows", file)
	if nearly != nil {
		unknown = fault.Errorf(fault.Refused, "%q fits no format (%s)", file, reasons(nearly))
	}
	return f, "", unknown.WithAdvice(advice(sample, nearly))
}

// suggest finds how an operator could read a table, perhaps with a sign between its
// columns that is no usual one. What the reader of such tables would refuse is not
// suggested.
func suggest(sample seedfile.Sample, skips bool) *table.Suggestion {
	s := table.Suggest(sample, skips)
	if s == nil && sample.Options.Delimiter == 0 {
		for _, d := range []byte("|:=/~^!#&*%$\\@") {
			sample.Options.Delimiter = d
			if other := table.Suggest(sample, skips); other != nil && len(other.Unfound) == 0 {
				other.Delimiter = d
				s = other
				break
			}
		}
	}
	if s == nil || len(s.Unfound) > 0 || readable(sample, s) {
		return s
	}
	return nil
}

// readable reports whether half of the records of a sample are read as is suggested.
func readable(sample seedfile.Sample, s *table.Suggestion) bool {
	o := sample.Options
	o.Columns, o.SkipRows = s.Columns, s.Skip
	data := sample.Data
	if end := bytes.LastIndexByte(data, '\n'); !sample.Whole && end >= 0 {
		data = data[:end+1]
	}
	in, err := columns.Format().Open(bytes.NewReader(data), o)
	if err != nil {
		return false
	}
	good, all := 0, 0
	for {
		rec, err := in.Next()
		if err != nil {
			return 2*good >= all && all > 0
		}
		rec.Secret.Text.Clear()
		all++
		if _, err := token.ParseSerial(rec.Serial); rec.Problem == nil && err == nil {
			good++
		}
	}
}

// oneColumn reports whether no row of a sample has a second column.
func oneColumn(sample seedfile.Sample) bool {
	for row := range table.FirstRows(table.SampleRows(sample), sample) {
		if !row.BlankFrom(1) {
			return false
		}
	}
	return true
}

// noSeeds refuses a table that has no OATH seeds in it: serials alone, or the keys of
// YubiKeys in their own mode.
func noSeeds(file string, sample seedfile.Sample) error {
	yubico := table.Count(sample, table.SampleRows(sample), table.IsYubicoOTP)
	if yubico.Most() {
		return fault.Errorf(fault.Refused, "%q has a public id, a private id and an AES key in %d of the first %d rows: keys of YubiKeys for Yubico OTP, which are no OATH seeds", file, yubico.Met, yubico.Rows).
			WithHint("fob keeps OATH tokens: a YubiKey is one once a slot of it is set up for OATH-HOTP, and the log of that is what fob reads")
	}
	header := false
	serials := table.Count(sample, table.SampleRows(sample), func(fields [][]byte) bool {
		text := string(fields[0])
		_, err := token.ParseSerial(text)
		header = header || rows.Name(fields[0]) != "" && table.Names()[rows.Name(fields[0])] == table.Serial
		return len(fields) == 1 && err == nil && len(text) >= table.ShortestSerial && strings.ContainsAny(text, "0123456789") && !seedfile.SerialLooksLikeSeed(text)
	})
	if suggest(sample, false) != nil {
		return nil // another sign stands between its columns
	}
	if serials.Rows > 0 && (serials.Met == serials.Rows || header && serials.Met == serials.Rows-1 && serials.Met > 0) {
		return fault.Errorf(fault.Refused, "%q has one column, of what look like serials, and no seeds", file).
			WithHint("the file with the seeds is another one: look for it in the delivery, or with the sender of this one")
	}
	return nil
}

// contenders are the families that a table fits, one at most, and those that it
// nearly fits. A table is refused that has something above its header, whose names
// nobody knows, or that several families read differently.
func contenders(file string, sample seedfile.Sample, formats []seedfile.Format, skips bool) (fits, nearly []claim, err error) {
	if err := titled(file, sample); err != nil {
		return nil, nil, err
	}
	fits, nearly = claims(sample, formats)
	if len(fits) > 0 && fits[0].format.Sheets && table.UnknownNames(sample) {
		if suggested := table.Suggest(sample, skips); suggested != nil {
			return nil, nil, fault.Errorf(fault.Refused, "%q has column names that fob does not know", file).WithAdvice(suggested.Hint())
		}
	}
	if len(fits) < 2 {
		return fits, nearly, nil
	}
	var names []string
	var ways fault.Text
	for i, c := range fits {
		way := fault.Textf("%s", fault.Format.Is(c.format.Name))
		if c.match.Reads != "" {
			way = fault.Textf("%s (%s)", way, c.match.Reads)
		}
		if i > 0 {
			way = fault.Textf("%s, or %s", ways, way)
		}
		names, ways = append(names, c.format.Name), way
	}
	return nil, nil, fault.Errorf(fault.Refused, "%q may be %s, which read it differently", file, strings.Join(names, " or ")).
		WithHint("say which: %s", ways)
}

// mostAbove is how many rows may stand above the names: an address and some
// numbers.
const mostAbove = 20

// titled refuses a table with something above its header, such as a title or an
// order number: the rows would be read without knowing what their columns are.
// Rows with a seed among them are no title. What has a mark is no table.
func titled(file string, sample seedfile.Sample) error {
	rowsAbove := 0
	for row := range table.FirstRows(table.SampleRows(sample), sample) {
		l, is := table.Header(table.Names(), row.Fields)
		switch {
		case is && l.Has(table.Serial) && l.Has(table.Seed) && rowsAbove > 0:
			return fault.Errorf(fault.Refused, "%q has its column names in row %d, below something else", file, row.Line).
				WithHint("pass over what stands above them with %s", fault.SkipRows.Is(row.Line-1))
		case is || rowsAbove == mostAbove || table.HasSeed(row.Fields):
			return nil
		}
		rowsAbove++
	}
	return nil
}

// malformed is what is wrong with the beginning of a file as a text of rows, if
// that may be why no family knows it.
func malformed(sample seedfile.Sample) error {
	data := sample.Data
	_, chars := rows.UTF8(bytes.NewReader(data))
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return nil // XML has no rows
	case sample.Whole:
	case chars.Name != "UTF-8":
		return nil
	default:
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	in := table.NewRows(bytes.NewReader(data), sample.Options)
	for {
		if _, err := in.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func reasons(nearly []claim) string {
	var all []string
	for _, c := range nearly {
		all = append(all, c.format.Name+": "+c.match.Why)
	}
	return strings.Join(all, "; ")
}

// advice is what to do about a file of no format: one with a mark is no table, and
// of a table it is said what seems to be where.
func advice(sample seedfile.Sample, nearly []claim) fault.Text {
	var read fault.Text
	for i, c := range nearly {
		if read = fault.Textf("%s or %s", read, fault.Format.Is(c.format.Name)); i == 0 {
			read = fault.Textf("%s", fault.Format.Is(c.format.Name))
		}
	}
	read = fault.Textf("%s reads it all the same and says where it is wrong", read)
	if claimed(sample) {
		return fault.Textf("%s; else ask the supplier for it again, as it came from the maker", read)
	}
	suggested := suggest(sample, sample.Options.SkipRows > 0)
	switch {
	case suggested == nil && oneColumn(sample):
		return fault.Textf("fob reads %s; %s reads the file as one of them and says what is wrong with it", names(), fault.Format)
	case suggested == nil:
		return fault.Textf("fob reads %s; %s reads the file as one of them and says what is wrong with it; %s takes any other table", names(), fault.Format, anyTable)
	case nearly != nil:
		return fault.Textf("%s; or %s", suggested.Hint(), read)
	}
	return suggested.Hint()
}

// sheets are the formats whose rows a sheet can hold.
func sheets() []seedfile.Format {
	return slices.DeleteFunc(Formats(), func(f seedfile.Format) bool { return !f.Sheets })
}
