package table

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Suggestion is how an operator could say what is where in a table of no known
// format. It is for them to judge: nothing is ever read by it unless they say it.
type Suggestion struct {
	Columns string   // what to say to --columns
	Unfound []Column // serial and seed, where no column is plainly it
	Skip    int      // rows above, for --skip-rows
	Names   []string // of the columns, as far as they may be shown
	Open    []string // what to add to --columns where a column may mean something
	Lacks   []string // flags for what no column seems to say
}

// Suggest looks at the first rows of a table; whether the operator skips some that
// stand above them has to be told. It is nil for what is no table: without a seed in
// it, or with a single column.
func Suggest(sample seedfile.Sample, skips bool) *Suggestion {
	first := clonedRows(sample)
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
	if !s.fill(looked(header, first[at:]), header) && header != nil {
		s.Skip = first[top].Line // numbers alone do not tell that the first row is a header
	}
	return s
}

// SuggestNames goes by a header alone.
func SuggestNames(header rows.Row) *Suggestion {
	s := &Suggestion{}
	s.fill(looked(header.Fields, nil), header.Fields)
	return s
}

// Strange reports whether a sample begins with a row of names that mean nothing.
func Strange(sample seedfile.Sample) bool {
	first, err := FirstRow(sample)
	if err != nil || !strangeHeader(first.Fields) {
		return false
	}
	_, known := Header(names, first.Fields)
	return !known
}

func clonedRows(sample seedfile.Sample) (all []rows.Row) {
	for row := range FirstRows(SampleRows(sample), sample) {
		row.Fields = slices.Clone(row.Fields)
		for i, f := range row.Fields {
			row.Fields[i] = bytes.Clone(f)
		}
		all = append(all, row)
	}
	return all
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

// look is what the values of a column have in common.
type look struct {
	at      int // from 1
	name    string
	column  Column // that the name means, or Other
	values  int
	seeds   int
	types   int
	hashes  int
	could   seedfile.FieldSet // that all the numbers could be
	serials map[string]bool   // what could be one; nil: something could not
}

func looked(header [][]byte, below []rows.Row) []look {
	width := len(header)
	for _, r := range below {
		width = max(width, len(r.Fields))
	}
	all := make([]look, width)
	for i := range all {
		all[i] = look{at: i + 1, column: Other, could: ^seedfile.FieldSet(0), serials: map[string]bool{}}
		if i < len(header) {
			all[i].name = rows.Name(header[i])
			if c, known := names[all[i].name]; known && c != Resolver && c != Realm {
				all[i].column = c
			}
		}
	}
	for _, r := range below {
		for i, f := range r.Fields {
			all[i].see(f)
		}
	}
	return all
}

// shortestSerial is how short a serial may be: a shorter number is that of a row.
const shortestSerial = 4

func (l *look) see(f []byte) {
	if len(f) == 0 {
		return
	}
	l.values++
	l.seeds += count(isSomeSeed(f) || seedfile.LooksLikeSeed(string(f)))
	l.types += count(IsType(f))
	l.hashes += count(isHash(f))
	l.could &= numeric(f)
	if _, err := token.ParseSerial(string(f)); err != nil || len(f) < shortestSerial || l.serials[string(f)] {
		l.serials = nil
	}
	if l.serials != nil {
		l.serials[string(f)] = true
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// fill finds for each column what it may be: by its name, else by its values. It
// reports whether any is called by its name.
func (s *Suggestion) fill(all []look, header [][]byte) (named bool) {
	var shown rows.Columns[Column]
	shown.Call(header)
	for i := range all {
		if name := shown.Name(i + 1); name != "" {
			s.Names = append(s.Names, name)
		}
	}
	only(all, Seed, func(l look) bool { return 2*l.seeds > l.values })
	serial := func(l look) bool { return l.values > 0 && l.serials != nil && l.seeds == 0 && l.could == 0 }
	only(all, Serial, func(l look) bool { return serial(l) && ofDevice(l.name) })
	only(all, Serial, serial)
	only(all, Kind, func(l look) bool { return l.values > 0 && l.types == l.values })
	only(all, Hash, func(l look) bool { return l.values > 0 && l.hashes == l.values })
	has := map[Column]bool{}
	var parts []string
	for _, l := range all {
		where := s.where(l, all)
		named = named || l.column != Other && where != fmt.Sprint(l.at)
		switch {
		case has[l.column]:
			parts = append(parts, "ignore="+where) // whoever reads it may exchange the two
		case l.column != Other:
			has[l.column] = true
			parts = append(parts, flagName(l.column)+"="+where)
		case l.values > 0 && !plainlyElse(l.name) && l.could != 0:
			s.Open = append(s.Open, fmt.Sprintf("%s=%s or ignore=%s", firstOf(l.could), where, where))
		}
	}
	s.Columns = strings.Join(parts, ",")
	s.lacks(has)
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

// flagName is what --columns calls a column.
func flagName(c Column) string {
	if c == Period {
		return seedfile.FieldPeriod.String() // as the flag beside it
	}
	return rows.Name([]byte(c.String()))
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

// where is how --columns names a column: by its name if that is one alone, else by
// its number.
func (s *Suggestion) where(l look, all []look) string {
	twice := 0
	for _, other := range all {
		twice += count(other.name == l.name)
	}
	if l.name == "" || twice > 1 || strings.Trim(l.name, "0123456789") == "" || len(l.name) > maxName {
		return fmt.Sprint(l.at)
	}
	return l.name
}

// maxName is how long a name may be that is shown: a seed is longer.
const maxName = 2*token.MinShortSeedLen - 1

func firstOf(set seedfile.FieldSet) seedfile.Field {
	for _, f := range seedfile.Fields() {
		if set.Has(f) {
			return f
		}
	}
	return 0
}

func (s *Suggestion) lacks(has map[Column]bool) {
	for _, need := range []struct {
		flag  string
		by    []Column
		field seedfile.Field
	}{
		{"--type", []Column{Kind}, seedfile.FieldType}, {"--digits", []Column{Digits}, seedfile.FieldDigits},
		{"--period or --counter", []Column{Period, Counter, Moving}, seedfile.FieldPeriod},
	} {
		asked := slices.ContainsFunc(s.Open, func(open string) bool { return strings.HasPrefix(open, need.field.String()+"=") })
		if !asked && !slices.ContainsFunc(need.by, func(c Column) bool { return has[c] }) {
			s.Lacks = append(s.Lacks, need.flag)
		}
	}
}

// Hint is what to say to fob, in words.
func (s *Suggestion) Hint() string {
	text := ""
	if len(s.Names) > 0 {
		text = `its columns are "` + strings.Join(s.Names, `", "`) + `"; `
	}
	switch {
	case len(s.Unfound) == 2:
		return text + "say which are the serial and the seed, by name or number: --columns serial=1,seed=2" + s.skip()
	case len(s.Unfound) == 1:
		what := s.Unfound[0].String()
		s.Columns = what + "=COLUMN," + s.Columns
		return text + "none is plainly the " + what + ": if one of them is, name it for COLUMN in " + s.Flags()
	}
	return text + "if this is what they are, say " + s.Flags()
}

// Flags is what to say where it is known what the columns are.
func (s *Suggestion) Flags() string {
	text := "--columns " + s.Columns + s.skip()
	if len(s.Open) > 0 {
		text += " (add " + strings.Join(s.Open, ", and ") + ")"
	}
	if len(s.Lacks) > 0 {
		text += ", and " + strings.Join(s.Lacks, " and ") + ", which the table does not say"
	}
	return text
}

func (s *Suggestion) skip() string {
	if s.Skip == 0 {
		return ""
	}
	return fmt.Sprintf(" --skip-rows %d", s.Skip)
}
