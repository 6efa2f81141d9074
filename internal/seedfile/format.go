// Package seedfile says what a seed file is to fob: a Source that can be
// opened twice, a Reader that returns its records one by one, typed problems
// with their place, and limits. Each family of formats is a package below this
// one that implements Reader and declares itself as a Format; detect knows
// them all.
//
// A Reader reports what the file says and nothing else: it invents no type, no
// period and no encoding. What its format fixes once and for all (TOTP in the
// CSV of Entra) the file says by being of that format. What it leaves open is
// settled for the whole file by the import (package intake), from the
// format's documented defaults and what the operator says.
package seedfile

import (
	"cmp"
	"crypto/x509"
	"errors"
	"io"
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Limits, each with its reason.
const (
	// MaxFileSize bounds a seed file: ten million records of OATH CSV are about
	// 700 MB, four times that is damage or an attack.
	MaxFileSize = 4 << 30
	// MaxRecords bounds the records of one file: the in-file checks keep 16 bytes
	// for each, 160 MB at this number.
	MaxRecords = 10_000_000
	// SampleSize is how much of a file detection sees: enough for a few hundred
	// lines, whatever comments stand in front.
	SampleSize = 64 << 10
)

// Reader returns the records of one seed file, in file order, streaming.
//
// Next returns io.EOF after the last record. What is wrong with one record is
// its Problem, and the next call goes on behind it; any other error ends the
// file: it names the place and is of kind fault.Refused when the file is at
// fault. A record's Secret belongs to the caller, who clears it.
//
// Notes are remarks on the whole file for the operator, such as a byte order
// mark or a delimiter met; they are complete once Next has returned io.EOF. One
// of them is OnlyHeader when a file of columns has names and nothing below.
//
// The same bytes read with the same Options give the same records: an import
// reads its file twice and relies on it.
type Reader interface {
	Next() (Record, error)
	Notes() []fault.Text
}

// Notes makes remarks of plain words.
func Notes(words ...string) (notes []fault.Text) {
	for _, w := range words {
		notes = append(notes, fault.Textf("%s", w))
	}
	return notes
}

// OnlyHeader is the note of a file without records that looks like a delivery
// all the same.
const OnlyHeader = "the file has a header and no record below it"

// Options are the operator's flags that change how a file is read. What only
// fills gaps (type, digits, a missing hash) is not among them. Families add
// their fields as they come.
type Options struct {
	// KeySuffix makes the serials of formats that can hold several keys of one
	// device SERIAL/KEYID, for all records of the file: a serial must not depend
	// on what else was delivered with it.
	KeySuffix bool

	// Of tables: Columns tells what the columns of format columns are, Delimiter
	// what stands between them (0: to be found out), SkipRows how many lines of
	// the file stand in front of the first row.
	Columns   string
	Delimiter byte
	SkipRows  int

	// Of containers that are encrypted or signed inside: Keys has what opens and
	// verifies them (nil: nothing), Compat admits forms in which less can be
	// verified, Unauthenticated values that nothing protects.
	Keys            Keys
	Compat          bool
	Unauthenticated bool
	// Blind leaves encrypted values closed and signatures unverified, to tell what
	// a file is and what its import would need. The records have no secret.
	Blind bool
	// Sheet is that of a workbook; empty: the only one with content.
	Sheet string
}

// Format is a family's declaration: all that help, detection and import need
// to know of it.
type Format struct {
	Name     string     // of --format, such as "oath-csv"
	Title    string     // one line for people
	Example  []string   // lines as such a file holds them
	Reads    fault.Text // in lines, what of it is read and what is not, where that is not all
	Encoding Encoding   // of the seed where the format fixes it, else Unknown

	// Defaults are the format's documented values for fields that a file leaves
	// open; Defaulted says which of them count.
	Defaults  token.Params
	Counter   int64
	Defaulted FieldSet

	// Signs says that the format has signatures of its own, by certificates. With
	// another one a certificate in Options.Keys is nobody's to verify.
	Signs bool
	// Support is what the table in the README says of it.
	Support Support

	// Sheets tells that a sheet of a workbook will do as well as a text: the
	// family takes its rows from package rows. As is the family by whose rules a
	// workbook is read; empty in all formats but that of a workbook that was
	// looked into.
	Sheets bool
	As     string

	// Sniff judges the beginning of a file by its content, never by its name.
	Sniff func(sample Sample) Match
	// Open begins to read.
	Open func(r io.Reader, o Options) (Reader, error)
}

// Support is what people want to know of a family before they have a file of it.
// Every family says all of it; a test demands that, and holds the README to it.
type Support struct {
	Read      string   // what tokens it brings: "TOTP and HOTP"
	Found     string   // how a file is known for one: ByContent, or what has to be said
	Encrypted string   // how its seeds may be encrypted in the file: NotEncrypted, or the ways that are read
	Checked   string   // the outside tool that made or read the samples, or that there is none
	Samples   []string // of its files in testdata/seedfiles those that go in whole, from which the study of mangled files sets out
}

// What most families say. What is wrapped round a file counts for none of them:
// package delivery undoes it before.
const (
	ByContent    = "by its content"
	NotEncrypted = "no"
	AsSaid       = "TOTP or HOTP, as the operator says"
)

// Rules names the family whose column rules and defaults count.
func (f Format) Rules() string { return cmp.Or(f.As, f.Name) }

// Default is the format's documented value of a field, where Defaulted has it; of
// the T0, which begins a day, that day.
func (f Format) Default(field Field) any {
	switch field {
	case FieldType:
		return f.Defaults.Type
	case FieldHash:
		return f.Defaults.Hash
	case FieldDigits:
		return f.Defaults.Digits
	case FieldPeriod:
		return f.Defaults.Period
	case FieldCounter:
		return f.Counter
	}
	return time.Unix(f.Defaults.T0, 0).UTC().Format(time.DateOnly)
}

// Sample is the beginning of a file.
type Sample struct {
	Data  []byte
	Whole bool // Data is the entire file

	Options Options // how it will be read
}

// Match is a family's answer to a sample.
type Match struct {
	Fits bool
	// Why tells the features seen, for `fob inspect`; of a sample that does not
	// fit, what it lacks, or nothing when it is nothing like the format.
	Why string
	// Reads tells how this family takes a file that another one takes otherwise.
	Reads string
}

// Keys are what the operator named for a delivery, as far as readers of what is
// encrypted or signed inside a file use it. What they hand out stays theirs.
type Keys interface {
	// KeyFiles returns the contents of the key files by their names.
	KeyFiles() iter.Seq2[string, []byte]
	// Unlock tries every passphrase until one fits, then asks for one, what being
	// what it is for. It reports whether one fitted and whether there was any. An
	// error of try is final.
	Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error)
	// Derived keeps what a slow derivation gave under a name: a file is read more
	// than once.
	Derived(id string, derive func() ([]byte, error)) ([]byte, error)
	// Certificate is the one that must have signed what is inside; nil: none.
	Certificate() *x509.Certificate
}

// Needing is a Reader that tells, once Next has returned io.EOF, which fields it
// would have asked for if Options.Blind were not set.
type Needing interface{ Needs() []fault.Field }

// Wrapping is a Reader that tells what it undid round the records, such as a
// signature, in the words of Delivery.Layers.
type Wrapping interface{ Wrapped() []string }

// ReadError puts an error met by a family's reader into the kind that Reader
// promises: io.EOF and fob's own errors stay, all else is trouble of the disk.
func ReadError(err error) error {
	var ours *fault.Error
	if err == nil || err == io.EOF || errors.As(err, &ours) {
		return err
	}
	return fault.Wrap(fault.Internal, err, "reading the file")
}

// Latch makes a family's Next of a function that reads: its first error, given the
// kind that Reader promises, is that of every further call.
type Latch struct{ err error }

// Next reads on, until there was an error.
func (l *Latch) Next(read func() (Record, error)) (Record, error) {
	if l.err != nil {
		return Record{}, l.err
	}
	rec, err := read()
	if l.err = ReadError(err); l.err != nil {
		return Record{}, l.err
	}
	return rec, nil
}

// Counted is a remark on a number of records: Text has a verb for it.
type Counted struct {
	N    int
	Text string
	Args []any // further ones, behind the number
}

// CountedNotes are those remarks that anything is to be said for.
func CountedNotes(all ...Counted) []fault.Text {
	var notes []fault.Text
	for _, c := range all {
		if c.N > 0 {
			notes = append(notes, fault.Textf(c.Text, append([]any{c.N}, c.Args...)...))
		}
	}
	return notes
}

// Epoch2000 is the moment that the clocks of eToken PASS and SafeWord tokens count
// from, 2000-01-01T00:00:00Z, in Unix seconds.
const Epoch2000 = 946_684_800

// ParseMade reads when a token was made, in a layout of package time. OATH began in
// 2004, and a year before 1990 or after 2200 is damage.
func ParseMade(layout, text string) (at time.Time, ok bool) {
	at, err := time.Parse(layout, text)
	return at, err == nil && at.Year() >= 1990 && at.Year() <= 2200
}
