package report

import (
	"io"
	"time"

	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// Origin says who makes a file, when and where. The same store and the same Origin
// give the same file.
type Origin struct {
	Made     time.Time
	By       token.Operator
	Host     string
	Version  string    // of fob
	Random   io.Reader // of the keys of temporary files and of a workbook with a password; CSV and JSON need none
	TempDir  string    // for workbooks and archives, which need about 100 bytes a token there; empty: the system's
	Password []byte    // encrypts a workbook; nil: it is not encrypted
	Limit    int       // rows of one sheet of a workbook; 0: a million
}

// Options are those of a workbook.
func (o Origin) Options(title string) sheet.Options {
	return sheet.Options{Title: title, Made: o.Made, Random: o.Random, TempDir: o.TempDir, Password: o.Password, Limit: o.Limit}
}

// WriteAnswer writes a report as a workbook: Summary (who asked what, when, of
// which store, and what the report cannot tell) and the rows as a table, on as
// many sheets as they need. It returns how many rows there are, and of which trail.
func WriteAnswer[R any](w io.Writer, r Reader, o Origin, a Answer[R]) (rows int, head trail.Head, err error) {
	err = sheet.WriteBook(w, o.Options(a.Title), func(b *sheet.Book) error {
		s, err := r.Summary()
		if err != nil {
			return err
		}
		for _, sh := range append([]sheet.Sheet{sheet.New(a.Title, "", "", a.Columns, Counted(a.Rows, &rows))}, a.more...) {
			if err := b.Add(sh); err != nil {
				return err
			}
		}
		head = s.Head
		p := b.Summary(28, 100)
		p.Heading(a.Title)
		p.Skip()
		p.Fact("Made at (UTC)", sheet.TimeOf(o.Made))
		p.Fact("Made by", sheet.TextOf(o.By.String()))
		p.Fact("Host", sheet.TextOf(o.Host))
		p.Fact("fob version", sheet.TextOf(o.Version))
		p.Fact("Store", sheet.TextOf(s.StoreID))
		p.Fact("Selected", sheet.TextOf(a.Selected))
		p.Fact("Rows", sheet.IntOf(rows))
		p.Fact("Events in the audit trail", sheet.IntOf(s.Head.Seq))
		p.Fact("Hash of the newest event", sheet.TextOf(s.Head.Hash.String()))
		p.Fact("Times", sheet.TextOf("All times in this workbook are UTC."))
		for _, l := range a.Limits {
			p.Fact("To know", sheet.TextOf(l))
		}
		p.Skip()
		p.Header(sheet.Over("Column", sheet.Text), sheet.Over("Meaning", sheet.Text))
		for _, c := range a.Columns {
			p.Values(sheet.TextOf(c.Title), sheet.TextOf(c.About))
		}
		for _, sh := range a.more {
			for _, h := range sh.Heads {
				p.Values(sheet.TextOf(sh.Name+": "+h.Title), sheet.TextOf(h.About))
			}
		}
		return p.Err
	})
	return rows, head, err
}
