// Package detect knows the families of seed-file formats, and finds the one
// that a file belongs to by its content, never by its name: vendors rename
// archives to .pdf so that mail gateways let them pass.
package detect

import (
	"bytes"
	"errors"
	"fmt"
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
	return slices.ContainsFunc(marked(), func(f seedfile.Format) bool {
		m := f.Sniff(sample)
		return m.Fits || m.Why != ""
	})
}

// ByName finds the format that --format names.
func ByName(name string) (seedfile.Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return seedfile.Format{}, fault.Errorf(fault.Usage, "no format %q; fob reads %s", name, strings.Join(names(Formats()), ", "))
}

func names(formats []seedfile.Format) []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.Name)
	}
	return list
}

// Detect finds the format of a file by its beginning and tells by what features;
// the pass reads on from the first byte. A file that is no format's, or that of
// several, is refused with what to do about it. The options are those that it will
// be read with.
func Detect(p *seedfile.Pass, o seedfile.Options) (seedfile.Format, string, error) {
	sample, err := p.Sample(o)
	if err != nil {
		return seedfile.Format{}, "", err
	}
	s := p.Source
	if rows.IsWorkbook(sample.Data) {
		return detectSheet(s, o)
	}
	f, why, err := find(s.Name(), sample)
	if fault.KindOf(err) == fault.Refused && strings.HasSuffix(strings.ToLower(s.Name()), ".dpx") {
		// It is refused for what it is. How OneSpan writes its files is not published,
		// and the name may tell what the content does not.
		err = fault.Errorf(fault.Refused, "%q is in no format that fob knows; by its name it is %s", s.Name(), dpx).WithHint(askForOATH)
	}
	return f, why, err
}

func find(file string, sample seedfile.Sample) (seedfile.Format, string, error) {
	if err := recognise(file, sample); err != nil {
		return seedfile.Format{}, "", err
	}
	if err := titled(file, sample); err != nil {
		return seedfile.Format{}, "", err
	}
	if claimed(sample) {
		return choose(file, sample, marked())
	}
	return choose(file, sample, Formats())
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

func choose(file string, sample seedfile.Sample, formats []seedfile.Format) (seedfile.Format, string, error) {
	fits, nearly := claims(sample, formats)
	if err := strange(file, sample, fits, sample.Options); err != nil {
		return seedfile.Format{}, "", err
	}
	switch len(fits) {
	case 1:
		return fits[0].format, fits[0].match.Why, nil
	case 0:
		if err := malformed(sample); err != nil {
			return seedfile.Format{}, "", fault.Wrap(fault.Refused, err, "%q", file).WithHint("%s", err.Hint())
		}
		return seedfile.Format{}, "", unknown(file, sample, nearly)
	}
	return seedfile.Format{}, "", ambiguous(file, fits)
}

// strange refuses a table that fits by its records, below a row of names that no
// family knows.
func strange(file string, sample seedfile.Sample, fits []claim, o seedfile.Options) error {
	if len(fits) == 0 || !fits[0].format.Sheets || !table.Strange(sample) {
		return nil
	}
	suggested := table.Suggest(sample, o.SkipRows > 0)
	if suggested == nil {
		return nil
	}
	return fault.Errorf(fault.Refused, "%q has column names that fob does not know", file).WithHint("%s", suggested.Hint())
}

// ambiguous names the families that read a file differently, and the flag that
// decides.
func ambiguous(file string, fits []claim) error {
	var names, flags []string
	for _, c := range fits {
		flag := "--format " + c.format.Name
		if c.match.Reads != "" {
			flag += " (" + c.match.Reads + ")"
		}
		names, flags = append(names, c.format.Name), append(flags, flag)
	}
	return fault.Errorf(fault.Refused, "%q may be %s, which read it differently", file, strings.Join(names, " or ")).
		WithHint("say which: %s", strings.Join(flags, ", or "))
}

// malformed is what is wrong with the beginning of a file as a text of rows, if
// that may be why no family knows it.
func malformed(sample seedfile.Sample) *rows.Error {
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
		if _, err := in.Next(); err != nil {
			var text *rows.Error
			errors.As(err, &text)
			return text
		}
	}
}

func unknown(file string, sample seedfile.Sample, nearly []claim) error {
	err := fault.Errorf(fault.Refused, "%q is text in no format that fob knows", file)
	if nearly != nil {
		err = fault.Errorf(fault.Refused, "%q fits no format (%s)", file, reasons(nearly))
	}
	return err.WithHint("%s", advice(sample, nearly))
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
func advice(sample seedfile.Sample, nearly []claim) string {
	var named []string
	for _, c := range nearly {
		named = append(named, "--format "+c.format.Name)
	}
	read := strings.Join(named, " or ") + " reads it all the same and says where it is wrong"
	if claimed(sample) {
		return read + "; else ask the supplier for it again, as it came from the maker"
	}
	suggested := table.Suggest(sample, sample.Options.SkipRows > 0)
	switch {
	case suggested == nil:
		return fmt.Sprintf("fob reads %s; --format reads the file as one of them and says what is wrong with it; "+
			"--columns serial=1,seed=2 takes any other table", strings.Join(names(Formats()), ", "))
	case named != nil:
		return suggested.Hint() + "; or " + read
	}
	return suggested.Hint()
}
