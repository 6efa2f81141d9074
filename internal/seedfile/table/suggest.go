package table

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Suggestion is how an operator could say what is where in a table of no known
// format. It is for them to judge: nothing is ever read by it unless they say it.
type Suggestion struct {
	Columns string   // what to say of the columns
	Unfound []Column // serial and seed, where no column is plainly it
	Skip    int      // rows above, to be skipped
	Names   []string // of the columns, as far as they may be shown
	Open    []string // what to add where a column may mean something
	Lacks   []any    // texts: fields that no column seems to say
	// Delimiter is what stands between the columns, where it has to be said.
	Delimiter byte
}

// Suggest looks at the first rows of a table; whether the operator skips some that
// stand above them has to be told. It is nil for what is no table: without a seed in
// it, or with a single column.
func Suggest(sample seedfile.Sample, skips bool) *Suggestion {
	first := slices.Collect(FirstRows(SampleRows(sample), sample))
	at := slices.IndexFunc(first, func(r rows.Row) bool { return isRecord(r.Fields) })
	if at < 0 || len(first[at].Fields) < 2 {
		return nil
	}
	var header [][]byte
	top := at
	if at > 0 && filled(first[at-1].Fields) >= 2 {
		top, header = at-1, first[at-1].Fields
	}
	s := &Suggestion{}
	if top > 0 || skips {
		s.Skip = first[top].Line - 1
	}
	all := looked(header, first[at:])
	if !s.fill(all, header) && header != nil {
		s.Skip = first[top].Line // numbers alone do not tell that the first row is a header
	}
	if slices.Contains(s.Unfound, Serial) && !slices.ContainsFunc(all, look.maybeSerial) {
		return nil // nothing in it can be a serial
	}
	return s
}

// SuggestNames goes by a header alone.
func SuggestNames(header rows.Row) *Suggestion {
	s := &Suggestion{}
	s.fill(looked(header.Fields, nil), header.Fields)
	return s
}

// UnknownNames reports whether a sample begins with a row of names that mean
// nothing.
func UnknownNames(sample seedfile.Sample) bool {
	first, err := FirstRow(sample)
	if err != nil || !unknownHeader(first.Fields) {
		return false
	}
	_, known := Header(names, first.Fields)
	return !known
}

// HasSeed reports whether a field of a row is a seed, as far as that can be told of a
// text by itself: titles are words, which may be base32 or base64 as well.
func HasSeed(fields [][]byte) bool { return slices.ContainsFunc(fields, isSomeSeed) }

// isSomeSeed wants a digit, and of what has blanks in it hex, or base32 in one case.
func isSomeSeed(f []byte) bool {
	switch {
	case !bytes.ContainsAny(f, "0123456789"):
		return false
	case IsSeed(f, seedfile.Hex):
		return true
	case bytes.IndexByte(f, ' ') < 0:
		return IsSeed(f, seedfile.Base32) || IsSeed(f, seedfile.Base64)
	}
	oneCase := bytes.Equal(f, bytes.ToUpper(f)) || bytes.Equal(f, bytes.ToLower(f))
	return oneCase && IsSeed(f, seedfile.Base32)
}

// isRecord reports whether a row has a seed, also one without any digit: such a row
// must neither be taken for names, which are shown, nor be passed over as a title.
func isRecord(fields [][]byte) bool {
	return HasSeed(fields) || filled(fields) >= 2 && slices.ContainsFunc(fields, func(f []byte) bool { return seedfile.LooksLikeSeed(string(f)) })
}

func filled(fields [][]byte) (n int) {
	for _, f := range fields {
		n += count(len(f) > 0)
	}
	return n
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// look is what the values of a column have in common.
type look struct {
	at       int // from 1
	name     string
	column   Column // that the name means, or Other
	where    string // how an operator names it
	values   int
	seeds    int
	types    int
	hashes   int
	could    seedfile.FieldSet // that all the numbers could be
	possible int               // that could be a serial each
	serials  map[string]bool   // what could be one; nil: something could not
}

// ShortestSerial is how short a serial may be: a shorter number is that of a row.
const ShortestSerial = 4

// maxName is how long a name may be that is shown: a seed is longer.
const maxName = 2*token.MinShortSeedLen - 1

func looked(header [][]byte, below []rows.Row) []look {
	width := len(header)
	for _, r := range below {
		width = max(width, len(r.Fields))
	}
	all, times := make([]look, width), map[string]int{}
	for i := range all {
		all[i] = look{at: i + 1, column: Other, could: ^seedfile.FieldSet(0), serials: map[string]bool{}}
		if i < len(header) {
			all[i].name = rows.Name(header[i])
			if c, known := names[all[i].name]; known && c != Resolver && c != Realm {
				all[i].column = c
			}
		}
		times[all[i].name]++
	}
	for i := range all {
		// By its name if that is one alone, else by its number.
		if l := &all[i]; times[l.name] > 1 || strings.Trim(l.name, "0123456789") == "" || len(l.name) > maxName {
			l.where = fmt.Sprint(l.at)
		} else {
			l.where = l.name
		}
	}
	for _, r := range below {
		for i, f := range r.Fields {
			all[i].see(f)
		}
	}
	return all
}

func (l *look) see(f []byte) {
	if len(f) == 0 {
		return
	}
	l.values++
	l.seeds += count(isSomeSeed(f) || seedfile.LooksLikeSeed(string(f)))
	l.types += count(IsType(f))
	l.hashes += count(isHash(f))
	l.could &= numeric(f)
	_, err := token.ParseSerial(string(f))
	l.possible += count(err == nil && len(f) >= ShortestSerial)
	if err != nil || len(f) < ShortestSerial || l.serials[string(f)] {
		l.serials = nil
	}
	if l.serials != nil {
		l.serials[string(f)] = true
	}
}

// maybeSerial reports whether a column could hold serials, if not plainly so.
func (l look) maybeSerial() bool { return l.values > 0 && l.seeds == 0 && 2*l.possible >= l.values }

// fill finds for each column what it may be: by its name, else by its values. It
// reports whether any is called by its name.
func (s *Suggestion) fill(all []look, header [][]byte) (named bool) {
	var shown Layout
	shown.Call(header)
	for i := range all {
		if name := shown.Name(i + 1); name != "" {
			s.Names = append(s.Names, name)
		}
	}
	serial := func(l look) bool { return l.values > 0 && l.serials != nil && l.seeds == 0 && l.could == 0 }
	only(all, Seed, func(l look) bool { return 2*l.seeds > l.values })
	only(all, Serial, func(l look) bool { return serial(l) && ofDevice(l.name) })
	only(all, Serial, serial)
	only(all, Kind, func(l look) bool { return l.values > 0 && l.types == l.values })
	only(all, Hash, func(l look) bool { return l.values > 0 && l.hashes == l.values })
	has, asked := map[Column]bool{}, seedfile.FieldSet(0)
	var parts []string
	for _, l := range all {
		named = named || l.column != Other && l.where != fmt.Sprint(l.at)
		switch {
		case has[l.column]:
			parts = append(parts, "ignore="+l.where) // the reader may exchange the two
		case l.column != Other:
			has[l.column] = true
			parts = append(parts, l.column.key()+"="+l.where)
		case l.values > 0 && !plainlyElse(l.name) && l.could != 0:
			asked = asked.With(firstOf(l.could))
			s.Open = append(s.Open, fmt.Sprintf("%s=%s or ignore=%s", firstOf(l.could), l.where, l.where))
		}
	}
	s.Columns = strings.Join(parts, ",")
	if !has[Kind] && !asked.Has(seedfile.FieldType) {
		s.Lacks = append(s.Lacks, fault.Type)
	}
	if !has[Digits] && !asked.Has(seedfile.FieldDigits) {
		s.Lacks = append(s.Lacks, fault.Digits)
	}
	if !has[Period] && !has[Counter] && !has[Moving] && !asked.Has(seedfile.FieldPeriod) {
		s.Lacks = append(s.Lacks, fault.Textf("%s or %s", fault.Period, fault.Counter))
	}
	for _, c := range []Column{Serial, Seed} {
		if !has[c] {
			s.Unfound = append(s.Unfound, c)
		}
	}
	return named
}

// ofDevice reports whether a column's name speaks of the device.
func ofDevice(name string) bool {
	return slices.ContainsFunc([]string{"serial", "serien", "token", "device", "gerät"}, func(word string) bool { return strings.Contains(name, word) })
}

// only names the one column of which something is true, if no name says it.
func only(all []look, c Column, is func(look) bool) {
	found := -1
	for i, l := range all {
		switch {
		case l.column == c:
			return
		case l.column != Other || !is(l):
		case found >= 0:
			return
		default:
			found = i
		}
	}
	if found >= 0 {
		all[found].column = c
	}
}

// Hint is what to say to fob, in words.
func (s *Suggestion) Hint() fault.Text {
	known := fault.Text{}
	if len(s.Names) > 0 {
		known = fault.Textf("%s", `its columns are "`+strings.Join(s.Names, `", "`)+`"`)
	}
	switch {
	case len(s.Unfound) == 2:
		return known.And(fault.Textf("say which are the serial and the seed, by name or number: %s", s.settings("serial=1,seed=2")))
	case len(s.Unfound) == 1:
		what := s.Unfound[0].String()
		return known.And(fault.Textf("none is plainly the %s: if one of them is, name it for COLUMN in %s", what, s.Say(what+"=COLUMN,"+s.Columns)))
	}
	return known.And(fault.Textf("if this is what they are, say %s", s.Say(s.Columns)))
}

func (s *Suggestion) settings(columns string) fault.Text {
	text := fault.Textf("%s", fault.Columns.Is(columns))
	if s.Delimiter != 0 {
		text = fault.Textf("%s %s", fault.Delimiter.Is(string(s.Delimiter)), text)
	}
	if s.Skip == 0 {
		return text
	}
	return fault.Textf("%s %s", text, fault.SkipRows.Is(s.Skip))
}

// Say is what to say where it is known what the columns are.
func (s *Suggestion) Say(columns string) fault.Text {
	text := s.settings(columns)
	if len(s.Open) > 0 {
		text = fault.Textf("%s (add %s)", text, strings.Join(s.Open, ", and "))
	}
	if len(s.Lacks) > 0 {
		lacks := "%s, and %s" + strings.Repeat(" and %s", len(s.Lacks)-1) + ", which the table does not say"
		text = fault.Textf(lacks, append([]any{text}, s.Lacks...)...)
	}
	return text
}
