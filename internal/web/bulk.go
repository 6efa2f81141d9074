package web

import (
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// mostBulk is how many rows the page takes: the answer is shown at once.
const mostBulk = 2000

// bulkRow is what became of a row.
type bulkRow struct {
	Line            int
	Serial, Account string
	Outcome         string
	HTML            string
}

// Answer was made safe when it was kept.
func (r bulkRow) Answer() template.HTML { return template.HTML(r.HTML) } //nolint:gosec // escaped when it was made

// bulkSent is what became of the rows that were sent last.
type bulkSent struct {
	At    time.Time
	Rows  []bulkRow
	Again string // those that were refused, without their codes
}

// bulkData is the form, with the answers to what was sent last.
type bulkData struct {
	bulkSent
	Accepted int
	Required map[string]bool
	Proofs   []string
}

func bulkPage(c *call) error {
	d, err := c.bulkForm()
	if err != nil {
		return err
	}
	return c.show("bulk", d)
}

func (c *call) bulkForm() (d bulkData, err error) {
	err = c.read(func(r report.PageReader) error {
		p, required, err := demands(r, token.CmdBind)
		d.Required, d.Proofs = required, p.Proofs
		for field := range required { // each row may say it for itself
			d.Required[field] = field == string(token.DemandApprover)
		}
		return err
	})
	d.bulkSent, _ = c.s.sessions.Get(c.r.Context(), keyBulk).(bulkSent)
	for _, r := range d.Rows {
		if r.Outcome == "accepted" {
			d.Accepted++
		}
	}
	return d, err
}

// bulkBind binds rows that were pasted or sent as a file, each as the form of one token
// would.
func bulkBind(c *call) error {
	c.s.sessions.Remove(c.r.Context(), keyBulk) // what is shown from now on belongs to this
	rows, err := c.bindings()
	if err == nil {
		return c.bindRows(rows)
	}
	d, failed := c.bulkForm()
	if failed != nil {
		return failed
	}
	d.Again = c.r.PostFormValue("rows") // they have codes: nothing of them is kept, this page has them
	message, hint, _ := c.wordsOf(err)
	c.render(status(err), "bulk", d, &said{HTML: string(message), Hint: string(hint), Values: c.typed()})
	return nil
}

// bindings reads what was sent.
func (c *call) bindings() ([]desk.BulkRow, error) {
	in, err := c.rows()
	if err != nil {
		return nil, err
	}
	rows, _, err := desk.ReadBindings(in)
	if err == nil && len(rows) > mostBulk {
		err = fault.Errorf(fault.Usage, "%d rows are too many for this page, which takes %d", len(rows), mostBulk).WithHint("send them in parts; nothing was changed")
	}
	return rows, err
}

func (c *call) bindRows(rows []desk.BulkRow) (err error) {
	req := desk.Bulk{Rows: rows, Whole: c.is("whole"), NewAccount: c.is("new-account"), OneCode: c.is("one-code")}
	if req.Words, err = c.words(); err != nil {
		return err
	}
	sent := bulkSent{At: c.s.Now()}
	var answered []desk.Answered // of all groups of rows
	req.Answer = func(all []desk.Answered) error {
		for _, a := range all {
			w := &wording{c: c}
			text := a.Message.In(w)
			if hint := a.Hint.In(w); hint != "" {
				text += "; " + hint
			}
			if text == "" {
				text = strings.Join(slices.DeleteFunc(append([]string{a.ClockWords()}, a.Remarks()...), func(s string) bool { return s == "" }), "; ")
			}
			sent.Rows = append(sent.Rows, bulkRow{a.Line, string(a.Row.Serial), string(a.Row.Account), a.Outcome.Outcome, string(w.html(text))})
		}
		answered = append(answered, all...)
		return nil
	}
	err = c.cases.Desk.BindAll(c.r.Context(), req)
	if sent.Again = desk.RowsAgain(answered); len(sent.Rows) > 0 {
		c.s.sessions.Put(c.r.Context(), keyBulk, sent)
	}
	if err != nil {
		return err
	}
	return c.done("/bulk", fault.Textf("%s", c.t("done.bulk", len(sent.Rows))))
}

// rows are what was pasted, or else the file.
func (c *call) rows() (io.Reader, error) {
	if pasted := c.r.PostFormValue("rows"); strings.TrimSpace(pasted) != "" {
		return strings.NewReader(pasted), nil
	}
	file, _, err := c.r.FormFile("file")
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "neither rows nor a file were sent")
	}
	return file, nil // the server removes it with the form
}
