// Package authenex reads the family authenex: the SQL dump that comes with Authenex
// A-Key tokens,
//
//	-- AUTHENEXDB
//	INSERT INTO OTP (ESN, SEED) VALUES ('10000001', 'HEX'), ('10000002', 'HEX');
//
// It is read as data, with the quoting of standard SQL, and nothing of it is run:
// statements that fill no table are passed over, those that would change what was
// inserted refuse the file, and so does whatever databases read differently (a
// backslash in a text, a comment inside a statement).
//
// The tokens are HOTP with 6 digits and SHA-1 unless a column says otherwise.
package authenex

import (
	"bytes"
	"io"
	"maps"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "authenex"

// database is the word in the first line that marks such a dump.
const database = "AUTHENEXDB"

var family = &table.Family{Format: seedfile.Format{Name: Name, Encoding: seedfile.Hex}, Names: names()}

// names: what others call the serial is the ESN here.
func names() rows.Names[table.Column] {
	all := maps.Clone(table.Names())
	all["esn"] = table.Serial
	return all
}

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "SQL dump of Authenex A-Key: INSERT INTO OTP, with AUTHENEXDB in line 1",
		Example: []string{
			"-- AUTHENEXDB",
			"INSERT INTO OTP (ESN, SEED) VALUES ('10000001', '3132333435363738393031323334353637383930');",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6},
		Defaulted: seedfile.SetOf(seedfile.FieldType, seedfile.FieldHash, seedfile.FieldDigits),
		Support: seedfile.Support{
			Read: "HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "the codes of RFC 4226",
			Samples: []string{"authenex/a-key.sql"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
			return &reader{in: newLexer(r), table: &table.Reader{Family: family, Options: o}}, nil
		},
	}
}

// sniff looks at the first line.
func sniff(s seedfile.Sample) seedfile.Match {
	text, _ := rows.UTF8(bytes.NewReader(s.Data))
	all, _ := io.ReadAll(text)
	first, _, _ := bytes.Cut(all, []byte("\n"))
	inserts := bytes.Contains(bytes.ToUpper(all), []byte("INSERT"))
	if !marked(first) || !inserts && s.Whole {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: "the first line names " + database}
}

func marked(line []byte) bool { return strings.Contains(strings.ToUpper(string(line)), database) }

// reader reads one file.
type reader struct {
	in    *lexer
	table *table.Reader

	begun    bool
	inside   bool // between the VALUES of an INSERT
	closed   bool // a statement ended with a semicolon
	unclosed bool // the last INSERT did not
	records  int
	others   int    // INSERTs into other tables
	ignored  string // a note on columns without a meaning
	latch    seedfile.Latch
}

// Next returns the next token.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	row, err := r.row()
	if err != nil {
		return seedfile.Record{}, err
	}
	r.records++
	rec := r.table.Take(row)
	for _, field := range row.Fields {
		clear(field)
	}
	return rec, nil
}

// row returns the values of one token.
func (r *reader) row() (rows.Row, error) {
	if !r.begun {
		r.begun = true
		if err := r.firstLine(); err != nil {
			return rows.Row{}, err
		}
	}
	for !r.inside {
		if err := r.statement(); err != nil {
			return rows.Row{}, err
		}
	}
	return r.values()
}

// firstLine wants the mark. A line that is neither a comment nor a statement is
// passed over for its sake.
func (r *reader) firstLine() error {
	line, err := r.in.firstLine()
	if err != nil {
		return err
	}
	if !marked(line) {
		return r.in.refuse("the first line does not name %s, as the dumps of Authenex do", database)
	}
	if bare := bytes.TrimSpace(line); bytes.HasPrefix(bare, []byte("#")) || strings.EqualFold(string(bare), database) {
		_, err = r.in.in.Discard(len(line))
	}
	return err
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text {
	notes := r.in.chars.Notes() // of the text
	if r.ignored != "" {
		notes = append(notes, r.ignored)
	}
	if r.others > 0 {
		notes = append(notes, "rows of other tables than OTP were passed over")
	}
	if r.unclosed {
		notes = append(notes, "the last statement has no semicolon: compare the number of records with the delivery note")
	}
	return seedfile.Notes(notes...)
}
