package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// jsonHead opens a JSON export. The rows follow it, and their number and hash the
// rows, since they are known only then.
type jsonHead struct {
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
// compared_with (in words, or null), tokens, with a comparison changes, bindings,
// batches, locations, trail, exceptions, dictionary (arrays, one object a line), rows,
// rows_sha256 (the SHA-256 of what WriteCSV writes of the same tokens).
func WriteJSON(w io.Writer, r Reader, e Export) (Totals, error) {
	d, err := newDocument(r, e)
	if err != nil {
		return Totals{}, err
	}
	h := jsonHead{
		Made: e.Made.UTC(), By: e.By, Host: e.Host, Version: e.Version, Store: d.summary.StoreID, AsOf: report.When(d.summary.AsOf),
		Filter: e.Selected(), Events: d.summary.Head.Seq, Head: d.summary.Head.Hash.String(), Columns: ColumnNames(),
	}
	if e.Compare != nil {
		h.Compared = report.NonZero(e.Compare.Words)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return Totals{}, fmt.Errorf("export, writing its head: %w", err)
	}
	out := bufio.NewWriterSize(w, sheet.OutBuffer)
	_, _ = out.Write(head[:len(head)-1]) // of all writes here Flush tells the error
	for _, s := range d.sheets {
		_, _ = fmt.Fprintf(out, ",%q:", s.Array)
		each := func(add func(any) error) error {
			return s.Each(func(row any, _ []sheet.Value) error { return add(row) })
		}
		if err := sheet.WriteArray(out, each); err != nil {
			return Totals{}, err
		}
	}
	t := d.totals()
	if t.Changes != nil {
		changed, err := json.Marshal(t.Changes)
		if err != nil {
			return Totals{}, err
		}
		_, _ = fmt.Fprintf(out, `,"changed":%s`, changed)
	}
	_, _ = fmt.Fprintf(out, `,"rows":%d,"rows_sha256":%q}`+"\n", t.Rows, t.SHA256)
	return t, sheet.WriteError(out.Flush())
}
