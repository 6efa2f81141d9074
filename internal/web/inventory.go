package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/token"
)

// narrowed is what of the inventory's filter never stands in an address: the address says
// only that it counts.
type narrowed struct {
	Prefix  token.Serial
	Account token.Account
}

// inventoryData is a page of the inventory.
type inventoryData struct {
	Filter   report.Filter
	Batch    string // as it was typed
	Narrowed narrowed
	Locked   bool
	Total    int       // how many tokens are like that; 0: nobody counted
	At       time.Time // when they were counted; zero: now
	Words    string
	Tokens   []report.Token
	Ready    bool // it was searched to the end
	Empty    bool // there are no tokens at all
	States   []token.State
	Makers   []string // to choose from
	Places   []string
	First    string // paths; empty: it is this page
	Next     string
	Workbook string
}

const mostListed = 50

// inventoryFilter reads the query and the session.
func (c *call) inventoryFilter() (f report.Filter, after int64, err error) {
	q := c.r.URL.Query()
	f = report.Filter{Manufacturer: searchable(q.Get("manufacturer")), Model: searchable(q.Get("model")), Location: searchable(q.Get("location"))}
	var ok bool
	if f.State, ok = stateOf(q.Get("state")); !ok {
		return f, 0, errNoPage
	}
	if q.Get("locked") != "" {
		f.LockedAt = c.s.Now()
	}
	if n, ok := c.s.sessions.Get(c.r.Context(), keyInventory).(narrowed); ok && q.Get("narrowed") != "" {
		f.Prefix, f.Account = n.Prefix, n.Account
	}
	if after, err = c.queryNumber("after"); err != nil {
		return f, 0, err
	}
	batch, err := c.queryNumber("batch")
	if f.Batch = int(batch); err != nil {
		err = fault.Errorf(fault.Usage, "%s", c.t("inventory.batch", q.Get("batch"))).WithHint("%s", c.t("inventory.batch.hint"))
	}
	return f, after, err
}

// inventoryQuery is the filter as a query, without serials and accounts.
func (c *call) inventoryQuery() url.Values {
	kept := url.Values{}
	for _, name := range []string{"state", "batch", "location", "manufacturer", "model", "locked", "narrowed"} {
		if v := c.r.URL.Query().Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}

func inventoryPage(c *call) error {
	f, after, err := c.inventoryFilter()
	if errors.Is(err, errNoPage) {
		return err
	}
	d := inventoryData{Filter: f, Batch: c.r.URL.Query().Get("batch"), Narrowed: narrowed{f.Prefix, f.Account}, Locked: !f.LockedAt.IsZero(), States: token.States()}
	if err != nil {
		message, hint, _ := c.wordsOf(err)
		c.render(status(err), "inventory", d, &said{HTML: string(message), Hint: string(hint)})
		return nil
	}
	d.Words = capital(f.String())
	query := c.inventoryQuery()
	d.Workbook = queryPath("/inventory/workbook", query)
	if after > 0 {
		d.First = queryPath("/inventory", query)
	}
	j, _ := c.current("stock", countsFor, c.countStock()) // without it there are no numbers
	if s, ok := j.value.(*report.Stock); ok {
		d.Total, d.At = s.Count(f), s.At
		for _, b := range s.Makers.First {
			d.Makers = append(d.Makers, b.Name)
		}
		for _, b := range s.Places.First {
			d.Places = append(d.Places, b.Name)
		}
	}
	if err := d.search(c, f, after); err != nil {
		return err
	}
	if len(d.Tokens) > mostListed {
		d.Tokens = d.Tokens[:mostListed]
		query.Set("after", strconv.FormatInt(d.Tokens[mostListed-1].ID, 10))
		d.Next = queryPath("/inventory", query)
	} else if d.Ready && after == 0 {
		d.Empty = len(d.Tokens) == 0 && f == (report.Filter{})
		d.Total, d.At = len(d.Tokens), time.Time{}
	}
	return c.show("inventory", d)
}

// searchedFor is how long the result of a search that took longer than a page is good.
const searchedFor = 10 * time.Second

// search reads the tokens of a page. What few tokens have takes a walk over all of
// them: the page comes back for it.
func (d *inventoryData) search(c *call, f report.Filter, after int64) error {
	same := f
	same.LockedAt = time.Time{} // now is another time whenever somebody looks
	key := fmt.Sprintf("inventory %t %d %+v", d.Locked, after, same)
	f.Limit = mostListed + 1
	j := c.s.jobs.look(key)
	if !j.have || c.s.Now().Sub(j.at)-j.took > searchedFor {
		var err error
		if j, err = c.s.jobs.begin(c.r.Context(), key, reading(c.s, func(r report.PageReader) ([]report.Token, error) { return listed(r, f, after) })); err != nil {
			return err
		}
	}
	if j.running != nil {
		c.comeBack()
		return nil
	}
	if j.took < patience || j.err != nil {
		c.s.jobs.forget(key)
	}
	d.Tokens, d.Ready = j.value.([]report.Token), j.err == nil
	return j.err
}

func listed(r report.PageReader, f report.Filter, after int64) (all []report.Token, err error) {
	if after > 0 {
		if f.After, err = r.SerialOf(after); err != nil {
			return nil, err
		}
	}
	for t, err := range r.Tokens(f) {
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// narrowInventory keeps a serial and an account in the session: they never stand in an
// address. The rest of the filter stays as it was.
func narrowInventory(c *call) error {
	n := narrowed{Prefix: token.Serial(strings.ReplaceAll(searchable(c.form("prefix")), " ", ""))} // people say them in groups
	if len(n.Prefix) > token.MaxSerialLen {
		return fault.Errorf(fault.Usage, "a serial has %d characters at most", token.MaxSerialLen)
	}
	if text := c.form("account"); text != "" {
		var err error
		if n.Account, err = token.ParseAccount(text); err != nil {
			return err
		}
	}
	query := c.inventoryQuery()
	query.Set("narrowed", "1")
	if c.s.sessions.Put(c.r.Context(), keyInventory, n); n == (narrowed{}) {
		query.Del("narrowed")
	}
	c.redirect(queryPath("/inventory", query))
	return nil
}

// workbookFor is how long a workbook may take.
const workbookFor = 30 * time.Minute

// inventoryWorkbook writes the workbook of the command line as it is made. Like there it
// is no event: nothing changes.
func inventoryWorkbook(c *call) error {
	f, _, err := c.inventoryFilter()
	if err != nil {
		return err
	}
	if !c.s.exporting.TryLock() {
		return fault.Errorf(fault.Locked, "%s", c.t("inventory.busy")).WithHint("%s", c.t("inventory.busy.hint"))
	}
	defer c.s.exporting.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), workbookFor)
	defer cancel()
	until, _ := ctx.Deadline() // it has one
	if err := http.NewResponseController(c.w).SetWriteDeadline(until); err != nil {
		return fault.Wrap(fault.Internal, err, "the workbook cannot be sent")
	}
	now, d := c.s.Now(), c.cases.Desk
	e := export.Export{Origin: report.Origin{Made: now, By: d.Operator, Host: d.Host, Version: c.s.Version, Random: c.s.Random}, Filter: f}
	out := &download{w: c.w, name: "tokens-" + now.UTC().Format(time.DateOnly) + ".xlsx"}
	err = c.s.Cases.Pages(ctx, func(r report.PageReader) error {
		_, err := export.WriteWorkbook(out, r, e)
		return err
	})
	if err != nil && out.begun {
		c.s.Log.Error("a workbook ended before its end", "error", redacted(err.Error()))
		panic(http.ErrAbortHandler) // so that nobody takes it for whole
	}
	return err
}

// download is a file for a browser. Until its first byte another answer can be given.
type download struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		d.w.Header().Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	return d.w.Write(p)
}
