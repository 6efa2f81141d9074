package web

import (
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// mostFound is how many tokens a search lists.
const mostFound = 50

// findData are the tokens that were found last, as they are now.
type findData struct {
	*found
	Tokens []report.Token
}

func findPage(c *call) error {
	d := findData{}
	if kept, ok := c.s.sessions.Get(c.r.Context(), keyFound).(found); ok {
		d.found = &kept
		err := c.read(func(r report.PageReader) error {
			for _, serial := range kept.Serials {
				t, err := r.Find(serial)
				if fault.KindOf(err) == fault.NotFound && err != nil {
					continue // withdrawn since
				}
				if err != nil {
					return err
				}
				d.Tokens = append(d.Tokens, t)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.show("find", d)
}

// find tries what a text may be: a serial, two codes, an account, an order, a name, the
// beginning of a serial. One token found is shown at once.
func find(c *call) error {
	c.backTo("/find")
	q := c.form("q")
	if q == "" {
		return fault.Errorf(fault.Usage, "nothing was typed to search for")
	}
	if len(q) > token.MaxTextLen {
		return fault.Errorf(fault.Usage, "that is too long to be searched for")
	}
	t, missing := c.scanned(q)
	if missing == nil {
		c.s.sessions.Remove(c.r.Context(), keyFound)
		c.redirect(tokenPath(t.ID))
		return nil
	}
	if fault.KindOf(missing) != fault.NotFound {
		return missing
	}
	if codes := codesIn(q); codes != nil {
		return c.identify(codes)
	}
	f := found{What: q}
	err := c.read(func(r report.PageReader) error { return f.search(r, q) })
	switch {
	case err != nil:
		return err
	case len(f.Serials) == 0:
		return fault.Errorf(fault.NotFound, "%s", c.t("find.none", q)).WithHint("%s", c.t("find.none.hint"))
	}
	return c.showFound(f)
}

func (c *call) showFound(f found) error {
	if len(f.Serials) == 1 {
		if path := c.pathOf(string(f.Serials[0])); path != "" {
			c.redirect(path)
			return nil
		}
	}
	c.s.sessions.Put(c.r.Context(), keyFound, f)
	c.redirect("/find")
	return nil
}

// scanned finds a token by its serial as people say it, or as a reader sends it.
func (c *call) scanned(q string) (t token.Token, err error) {
	ctx, d := c.r.Context(), c.cases.Desk
	serial, err := token.TypedSerial(q)
	if err == nil {
		t, err = d.Token(ctx, serial)
	}
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return t, err
	}
	for _, tier := range token.ReadScan(q).As {
		for _, s := range tier {
			if t, e := d.Token(ctx, s); e == nil {
				return t, nil
			}
		}
	}
	return t, err
}

// codesIn are two or three displayed codes, if the text is nothing else.
func codesIn(q string) (codes []string) {
	for _, word := range strings.FieldsFunc(q, func(r rune) bool { return strings.ContainsRune(" ,;\t/", r) }) {
		if n, ok := token.Serial(word).Digits(); !ok || n < token.MinDigits || n > token.MaxDigits {
			return nil
		}
		codes = append(codes, word)
	}
	if len(codes) < 2 || len(codes) > 3 {
		return nil
	}
	return codes
}

// identify searches the token that shows some codes. That somebody searched is an
// event, and counts as one of so many tries.
func (c *call) identify(codes []string) error {
	if !c.who.may(Support | Ops) {
		return errForbidden
	}
	req := desk.Identify{}
	for _, code := range codes {
		req.Codes = append(req.Codes, desk.Typed{Text: code, At: c.s.Now()})
	}
	out, err := c.cases.Desk.Identify(c.r.Context(), req)
	if err != nil {
		return err
	}
	if len(out.Found) == 0 {
		return fault.Errorf(fault.NotFound, "no token shows these codes (%d searched)", out.Searched).
			WithHint("are they two codes in a row, in this order?")
	}
	f := found{What: c.t("find.codes")}
	for _, one := range out.Found[:min(len(out.Found), mostFound)] {
		f.Serials = append(f.Serials, one.Serial)
	}
	return c.showFound(f)
}

// search gathers tokens by what else a text may be.
func (f *found) search(r report.PageReader, q string) error {
	if a, err := token.ParseAccount(q); err == nil {
		if err := f.tokens(r, report.Filter{Account: a}); err != nil || len(f.Serials) > 0 {
			return err
		}
	}
	batches, err := r.BatchFiles()
	if err != nil {
		return err
	}
	for _, b := range batches {
		if b.Order != "" && strings.EqualFold(b.Order, q) {
			if err := f.tokens(r, report.Filter{Batch: b.Number}); err != nil {
				return err
			}
		}
	}
	if len(f.Serials) > 0 || len(q) < 3 {
		return nil
	}
	people, err := r.Named(q, mostFound)
	if err != nil {
		return err
	}
	for a, err := range r.Accounts(report.AccountFilter{Prefix: q, Tokens: true, Limit: mostFound}) {
		if err != nil {
			return err
		}
		people = append(people, a)
	}
	for _, a := range people {
		if a.Tokens > 0 {
			if err := f.tokens(r, report.Filter{Account: token.Account(a.Account)}); err != nil {
				return err
			}
		}
	}
	if len(f.Serials) > 0 {
		return nil
	}
	return f.tokens(r, report.Filter{Prefix: token.Serial(q)})
}

func (f *found) tokens(r report.PageReader, filter report.Filter) error {
	filter.Limit = mostFound + 1
	for t, err := range r.Tokens(filter) {
		if err != nil {
			return err
		}
		if len(f.Serials) == mostFound {
			f.More = true
			break
		}
		f.Serials = append(f.Serials, t.Serial)
	}
	return nil
}
