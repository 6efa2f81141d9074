package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// Answer is one report: what was asked, and a table of rows that stream. It is
// declared once, and printed as a table, as tab-separated rows, as JSON (the
// fields of R) and as a workbook.
type Answer[R any] struct {
	Title    string // of the workbook and its sheet: 31 letters at most
	Selected string // what was asked for, in words
	Limits   []string
	Columns  []sheet.Column[R]
	Spares   []string // titles of the columns that a narrow terminal can do without, the least important one first
	Below    []string // titles of those that it shows under their row instead
	Rows     iter.Seq2[R, error]
	None     fault.Text // what to say when there are no rows
	// NoneNow says it where that takes reading, after the rows were read; nil: None does.
	NoneNow  func() fault.Text
	Narrowed Filter // the tokens that it was narrowed to; zero: all

	more []sheet.Sheet // what a workbook has beside the rows
}

// Nothing says that there are no rows, and of which tokens that is true.
func (a Answer[R]) Nothing() fault.Text {
	said := a.None
	if a.NoneNow != nil {
		said = a.NoneNow()
	}
	if a.Narrowed == (Filter{}) {
		return said
	}
	return fault.Textf("%s, among %s", said, a.Narrowed)
}

// Scope narrows a report to some tokens; its zero value takes all.
type Scope struct {
	Batch    int
	Model    string // without regard to case
	Location string
}

func (s Scope) filter() Filter { return Filter{Batch: s.Batch, Model: s.Model, Location: s.Location} }

// has reports whether a token is within the scope; of none, that it is not known
// any more, only a scope that takes all can say so.
func (s Scope) has(t *Token) bool {
	if t == nil {
		return s == Scope{}
	}
	return (s.Batch == 0 || s.Batch == t.Batch) && (s.Model == "" || strings.EqualFold(s.Model, t.Model)) &&
		(s.Location == "" || t.Location != nil && *t.Location == s.Location)
}

func (s Scope) words() string { return s.filter().String() }

// Period is when something happened: from Since, before Until; zero times are
// open ends.
type Period struct{ Since, Until time.Time }

func (p Period) has(at time.Time) bool {
	return !at.Before(p.Since) && (p.Until.IsZero() || at.Before(p.Until))
}

func (p Period) words() string {
	var parts []string
	if !p.Since.IsZero() {
		parts = append(parts, "since "+minute(p.Since))
	}
	if !p.Until.IsZero() {
		parts = append(parts, "before "+minute(p.Until))
	}
	if len(parts) == 0 {
		return "the whole trail"
	}
	return strings.Join(parts, ", ")
}

// ending is a sentence with the period to which it is limited.
func (p Period) ending(sentence string) fault.Text {
	if p == (Period{}) {
		return fault.Textf("%s", sentence)
	}
	return fault.Textf("%s %s", sentence, p.words())
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Marked reads the trail once, oldest event first, but only the events whose bytes
// hold one of the marks: to look for those takes a fraction of the time that reading
// an event does. A quote within a text of its JSON would have a backslash before it.
// No marks: all.
func Marked(r Reader, marks ...string) EventSeq {
	return Mapped(r.Events(EventFilter{}), func(stored trail.Stored) (e Event, wanted bool, err error) {
		holds := func(mark string) bool { return bytes.Contains(stored.Body, []byte(mark)) }
		if len(marks) > 0 && !slices.ContainsFunc(marks, holds) {
			return e, false, nil
		}
		return eventOf(stored)
	})
}

// MarkOf is the mark of a command's events.
func MarkOf(c token.Command) string { return `"command":"` + string(c) + `"` }

// eachEvent does the same with a function.
func eachEvent(r Reader, visit func(Event) error, marks ...string) error {
	for e, err := range Marked(r, marks...) {
		if err != nil {
			return err
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// text is what somebody said with an event; nil where they said nothing, or
// where it was erased.
func (e Event) text(field string) *string { return NonZero(e.Plain[field]) }

// account is whom an event is about.
func (e Event) account() *string { return e.text(trail.TextAccount) }

func detailOf[D any](e Event) (d D, err error) {
	if len(e.Detail) == 0 {
		return d, nil
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return d, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return d, nil
}

// listed puts several words into one cell.
func listed(all []string) string { return strings.Join(all, "; ") }

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
