package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"fob/internal/token"
)

// exportHead opens a JSON export. The rows follow it, and their number and
// hash the rows, since they are known only then.
type exportHead struct {
	Made     time.Time      `json:"made"`
	By       token.Operator `json:"by"`
	Host     string         `json:"host"`
	Version  string         `json:"version"`
	Store    string         `json:"store"`
	AsOf     *time.Time     `json:"as_of"` // null: of the moment in which it was made
	Filter   string         `json:"filter"`
	Events   int64          `json:"events"`
	Head     string         `json:"head"`
	Compared *string        `json:"compared_with"` // null: with nothing
	Columns  []string       `json:"columns"`
}

// WriteJSON writes one object: made, by, host, version, store, as_of (an instant of
// the past, or null), filter (in words), events and head (the length and the newest
// hash of the audit trail), columns (the fields of the canonical CSV in their order),
// compared_with (in words, or null), tokens, with a comparison changes, bindings, batches, locations, trail, exceptions, dictionary (arrays, one
// object a line), rows, rows_sha256 (the SHA-256 of what WriteCSV writes of the same
// tokens).
func WriteJSON(w io.Writer, r Reader, e Export) (Totals, error) {
	d, err := newDocument(r, e)
	if err != nil {
		return Totals{}, err
	}
	out := bufio.NewWriterSize(w, outBuffer)
	if err := writeHead(out, d); err != nil {
		return Totals{}, err
	}
	for i, s := range d.sheets {
		name := s.array
		if i > 0 {
			_ = out.WriteByte(',') // Flush tells of the error
		}
		_, _ = fmt.Fprintf(out, "%q:", name)
		list := newLister(out)
		if err := s.each(func(row any, _ []value) error { return list.add(row) }); err != nil {
			return Totals{}, err
		}
		if err := list.end(); err != nil {
			return Totals{}, err
		}
	}
	if d.changes != nil {
		changed, err := json.Marshal(d.changes.changed())
		if err != nil {
			return Totals{}, err
		}
		_, _ = fmt.Fprintf(out, `,"changed":%s`, changed)
	}
	_, _ = fmt.Fprintf(out, `,"rows":%d,"rows_sha256":%q}`+"\n", d.walk.rows, d.walk.sum())
	return d.totals(), writeError(out.Flush())
}

// writeHead writes the opening object without its closing brace, up to the first
// array.
func writeHead(out *bufio.Writer, d *document) error {
	e, s := d.e, d.summary
	h := exportHead{
		Made: e.Made.UTC(), By: e.By, Host: e.Host, Version: e.Version,
		Store: s.StoreID, AsOf: when(s.AsOf), Filter: e.Selected(), Events: s.Head.Seq, Head: s.Head.Hash.String(),
	}
	if e.Compare != nil {
		h.Compared = filled(e.Compare.Words)
	}
	for _, c := range columns {
		h.Columns = append(h.Columns, c.name)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("export, writing its head: %w", err)
	}
	_, _ = out.Write(head[:len(head)-1]) // Flush tells of the error
	return writeError(out.WriteByte(','))
}

// WriteTokensJSON writes tokens as a JSON array, one object a line, and []
// when there is none. At the first error it stops, and what was written is no
// valid JSON.
func WriteTokensJSON(w io.Writer, tokens iter.Seq2[Token, error]) error {
	return WriteRowsJSON(w, func(yield func(Token, error) bool) {
		for t, err := range tokens {
			if !yield(plain(t), err) {
				return
			}
		}
	})
}

// WriteRowsJSON does the same with rows of any kind.
func WriteRowsJSON[R any](w io.Writer, rows iter.Seq2[R, error]) error {
	out := bufio.NewWriterSize(w, outBuffer)
	list := newLister(out)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := list.add(row); err != nil {
			return err
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	_ = out.WriteByte('\n') // Flush tells of the error
	return writeError(out.Flush())
}

// lister writes the elements of one array as they come.
type lister struct {
	out   *bufio.Writer
	enc   *json.Encoder
	buf   bytes.Buffer
	begun bool
}

func newLister(out *bufio.Writer) *lister {
	l := &lister{out: out}
	l.enc = json.NewEncoder(&l.buf)
	l.enc.SetEscapeHTML(false) // nobody puts this into a page; & stays readable
	return l
}

func (l *lister) add(row any) error {
	if t, ok := row.(*Token); ok {
		row = plain(*t)
	}
	l.buf.Reset()
	if err := l.enc.Encode(row); err != nil {
		return err
	}
	before := ",\n"
	if !l.begun {
		before, l.begun = "[\n", true
	}
	_, _ = l.out.WriteString(before)
	_, err := l.out.Write(bytes.TrimSuffix(l.buf.Bytes(), []byte("\n")))
	return writeError(err)
}

func (l *lister) end() error {
	closing := "[]"
	if l.begun {
		closing = "\n]"
	}
	_, err := l.out.WriteString(closing)
	return writeError(err)
}

// plain holds the promises of the JSON contract, whatever the reader gave:
// times in UTC, an empty array rather than null.
func plain(t Token) Token {
	if t.ExportedTo == nil {
		t.ExportedTo = []string{}
	}
	t.ImportedAt, t.StateSince = t.ImportedAt.UTC(), t.StateSince.UTC()
	for _, at := range []**time.Time{&t.T0, &t.ObservedAt, &t.LockedUntil, &t.NotBefore, &t.NotAfter, &t.BoundAt, &t.LastVerified, &t.LostReported, &t.DestroyedAt, &t.Manufactured} {
		if *at != nil && (*at).Location() != time.UTC {
			u := (*at).UTC()
			*at = &u
		}
	}
	return t
}
