package web

import (
	"net/url"
	"strconv"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// mostFound is how many tokens a search lists.
const mostFound = 50

// findData are the tokens that were found last, as they are now, and how; and people who
// have none.
type findData struct {
	found
	Tokens []report.Token
	How    map[token.Serial]string
	People []string
	Next   string
}

func findPage(c *call) error {
	after, err := c.queryNumber("after")
	if err != nil {
		return err
	}
	kept, ok := c.s.sessions.Get(c.r.Context(), keyFound).(found)
	if !ok {
		return c.show("find", findData{})
	}
	d := findData{found: kept, How: map[token.Serial]string{}}
	err = c.read(func(r report.PageReader) (err error) {
		if after > 0 {
			if d.Search, err = report.SearchFor(r, kept.What, after, mostFound); err != nil {
				return err
			}
		}
		for _, h := range d.Hits {
			name := h.FullName
			if h.Serial == "" {
				d.People = append(d.People, strings.TrimSpace(name+" "+h.Account))
				continue
			}
			t, err := r.Find(h.Serial)
			if err != nil && fault.KindOf(err) != fault.NotFound { // withdrawn since
				return err
			}
			if err == nil {
				d.Tokens, d.How[t.Serial] = append(d.Tokens, t), strings.TrimSpace(c.t("find.by."+h.By)+" "+name)
			}
		}
		return nil
	})
	if n := len(d.Tokens); n > 0 && d.More && d.Hits[0].By == report.ByOrder {
		d.Next = queryPath("/find", url.Values{"after": {strconv.FormatInt(d.Tokens[n-1].ID, 10)}})
	}
	if err != nil {
		return err
	}
	return c.show("find", d)
}

// find tries what a text may be: a serial, two codes, an account, an order, a name, the
// beginning of a serial. One token that is found by all that was typed is shown at once.
func find(c *call) error {
	c.backTo("/find")
	c.s.sessions.Remove(c.r.Context(), keyFound) // what is shown from now on belongs to this
	q := c.form("q")
	if q == "" {
		return fault.Errorf(fault.Usage, "nothing was typed to search for")
	}
	if len(q) > token.MaxTextLen {
		return fault.Errorf(fault.Usage, "that is too long to be searched for")
	}
	t, missing := c.scanned(q)
	if missing == nil {
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
	err := c.read(func(r report.PageReader) (err error) {
		f.Search, err = report.SearchFor(r, q, 0, mostFound)
		return err
	})
	if err != nil {
		return err
	}
	if len(f.Hits) == 0 {
		hint := "find.none.hint"
		if f.Cut {
			hint = "find.none.cut"
		}
		return fault.Errorf(fault.NotFound, "%s", c.t("find.none", q)).WithHint("%s", c.t(hint))
	}
	serial, sure := f.Sure()
	return c.showFound(f, serial, sure)
}

// showFound opens the token that is meant, or lists what was found.
func (c *call) showFound(f found, meant token.Serial, sure bool) error {
	if sure {
		if path := c.pathOf(string(meant)); path != "" {
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
		f.Hits = append(f.Hits, report.Hit{By: "codes", Serial: one.Serial})
	}
	return c.showFound(f, out.Found[0].Serial, len(out.Found) == 1)
}
