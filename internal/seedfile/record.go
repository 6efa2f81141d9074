package seedfile

import (
	"fmt"
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Place is where a record stands in its file, counted from 1: a line for text,
// an element for XML.
type Place struct {
	Unit string // "line" by default, "KeyPackage" and the like for XML
	N    int
}

// String is for messages: "line 17".
func (p Place) String() string {
	if p.Unit == "" {
		return fmt.Sprintf("line %d", p.N)
	}
	return fmt.Sprintf("%s %d", p.Unit, p.N)
}

// Secret is a seed as the file holds it: text in some encoding, or bytes. It is
// as unprintable as the seed itself.
type Secret struct {
	Encoding Encoding   // Unknown: to be inferred from the whole file
	Text     token.Seed // the characters of the file, or the raw bytes when Encoding is Raw
}

// Field names a parameter that a file may leave open.
type Field uint8

// The fields, as bits of a FieldSet.
const (
	FieldType Field = 1 << iota
	FieldHash
	FieldDigits
	FieldPeriod
	FieldCounter
	FieldT0
)

// Fields lists them in the order of help.
func Fields() []Field {
	return []Field{FieldType, FieldHash, FieldDigits, FieldPeriod, FieldCounter, FieldT0}
}

// String is the field's name in messages and flags.
func (f Field) String() string {
	switch f {
	case FieldType:
		return "type"
	case FieldHash:
		return "hash"
	case FieldDigits:
		return "digits"
	case FieldPeriod:
		return "period"
	case FieldCounter:
		return "counter"
	case FieldT0:
		return "t0"
	}
	return "field"
}

// FieldSet is a set of fields.
type FieldSet uint8

// Has reports whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&FieldSet(f) != 0 }

// With is the set with f in it.
func (s FieldSet) With(f Field) FieldSet { return s | FieldSet(f) }

// SetOf makes a set.
func SetOf(fields ...Field) (s FieldSet) {
	for _, f := range fields {
		s = s.With(f)
	}
	return s
}

// Doubt is a field whose value in the file may mean something else. It is left
// open, and no default may stand for it: the record can be used only when the
// operator says the field.
type Doubt struct {
	Field Field // 0: no doubt
	Why   error // with the flag that settles it
}

// Record is one token of a seed file. Params and Counter hold a value only for
// the fields in Given; the rest is open. A record whose type is open may give a
// period and a counter, because the file has one column for both: the one that
// its type has counts.
type Record struct {
	Place  Place
	Serial string // as written, blanks around it removed; not yet checked
	AsText bool   // the file marks the serial as a text, for a spreadsheet
	Secret Secret

	Given   FieldSet
	Closed  FieldSet // what is there, encrypted, and a blind reader did not open
	Params  token.Params
	Counter int64
	Doubt   Doubt
	Further []Doubt // behind the first

	Manufacturer string
	Model        string
	Account      string    // whom the file names for the token, as written; empty: nobody
	NotBefore    time.Time // zero: not said
	NotAfter     time.Time
	Manufactured time.Time

	// Alternative is what the operator can do if the serial stands in the file
	// twice; empty: nothing.
	Alternative fault.Text

	// Problem is set when this one record cannot be used. Place, and Serial if
	// it could be read, are filled all the same; reading goes on behind it.
	Problem error
}

// Unsettled returns the doubts for which the record cannot be used although nothing
// in it is wrong: the operator did not say. What concerns the counter does not
// matter to a TOTP token, nor period and T0 to an HOTP one.
func (r *Record) Unsettled(t token.Type, said FieldSet) iter.Seq[Doubt] {
	return func(yield func(Doubt) bool) {
		for _, d := range append([]Doubt{r.Doubt}, r.Further...) {
			if !d.settled(t, said) && !yield(d) {
				return
			}
		}
	}
}

func (d Doubt) settled(t token.Type, said FieldSet) bool {
	other := d.Field == FieldCounter && t == token.TOTP || (d.Field == FieldPeriod || d.Field == FieldT0) && t == token.HOTP
	return d.Field == 0 || said.Has(d.Field) || other
}

// Question leaves a field open until the operator says it.
func (r *Record) Question(f Field, format string, args ...any) {
	d := Doubt{f, fault.Errorf(fault.Refused, format, args...)}
	if r.Doubt.Field == 0 {
		r.Doubt = d
		return
	}
	r.Further = append(r.Further, d)
}

// Fail marks the record as unusable, in words that never hold the seed. The
// first problem stays. Serial and Account are set before: lists of refused
// records print them, so what may be a seed is withheld, and of the serial the
// likely cause is named.
func (r *Record) Fail(format string, args ...any) {
	if r.Problem != nil {
		return
	}
	looks := SerialLooksLikeSeed(r.Serial)
	switch withheld := r.Withhold(); {
	case looks:
		format += "; the serial looks like a seed: are the columns in the wrong order?"
	case withheld:
		format += "; the serial is not shown, for it may be a seed"
	}
	r.Problem = fault.Errorf(fault.Refused, format, args...)
}

// ReadSeed decodes a seed whose encoding the format fixes; what the seed is called its
// messages say. Some hex may be read as the other encodings as well, and would make a
// seed that is wrong.
func (r *Record) ReadSeed(text []byte, e Encoding, hex string) {
	seed, err := DecodeText(text, e)
	switch {
	case e != Hex && LooksLikeHex(text):
		seed.Clear()
		r.Fail("%s", hex)
	case err != nil:
		r.Fail("%v", err)
	default:
		r.Secret = Secret{Encoding: Raw, Text: seed}
	}
}

// ReadHash reads the name of a hash; what it is called, and which names are known, its
// message says.
func (r *Record) ReadHash(text []byte, what, known string) {
	h, err := token.ParseHash(string(text))
	if err != nil {
		r.Fail("the %s is %s; %s are known", what, Shown(string(text)), known)
		return
	}
	r.Params.Hash, r.Given = h, r.Given.With(FieldHash)
}

// Refused reports whether the record has a problem, and then forgets its seed.
func (r *Record) Refused() bool {
	if r.Problem == nil {
		return false
	}
	r.Secret.Text.Clear()
	r.Secret = Secret{}
	return true
}

// Withhold empties a serial and an account that may be a seed, and tells
// whether the serial was one.
func (r *Record) Withhold() bool {
	if LooksLikeSeed(r.Account) {
		r.Account = ""
	}
	if !mayBeSeed(r.Serial) {
		return false
	}
	r.Serial = ""
	return true
}
