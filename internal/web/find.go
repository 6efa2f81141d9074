package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// mostWide is how many tokens can be searched as wide as is possible while somebody waits.
const mostWide = 20_000

// mostJoined is how many digits two codes have, of those that people use.
const mostJoined = 2 * 8

// mostFound is how many tokens a search lists.
const mostFound = 50

// findData are the tokens that were found, as they are now, and how; and people who have
// none.
type findData struct {
	found
	Tokens []report.Token
	How    map[token.Serial]string
	People []string // in sentences
	Next   string
	Codes  string // that no token shows near its expected time; it can be searched wider
}

func findPage(c *call) error {
	after, err := c.queryNumber("after")
	if err != nil {
		return err
	}
	results := c.results()
	at := slices.IndexFunc(results, func(f found) bool { return f.ID == c.r.URL.Query().Get("r") })
	if at < 0 {
		return c.show("find", findData{})
	}
	kept := results[at]
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
				key := "find.person"
				if h.By == report.ByNameNear {
					key = "find.person.near"
				}
				d.People = append(d.People, c.t(key, strings.TrimSpace(name+" "+h.Account)))
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
		d.Next = queryPath("/find", url.Values{"r": {kept.ID}, "after": {strconv.FormatInt(d.Tokens[n-1].ID, 10)}})
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
	q := searchable(c.form("q"))
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
		return c.none(q, f.Cut)
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
	var err error
	if f.ID, err = c.s.newID(); err != nil {
		return err
	}
	results := append(c.results(), f)
	c.s.sessions.Put(c.r.Context(), keyFound, results[max(0, len(results)-mostResults):])
	c.redirect(queryPath("/find", url.Values{"r": {f.ID}}))
	return nil
}

// results are what was found last, the newest at the end.
func (c *call) results() []found {
	results, _ := c.s.sessions.Get(c.r.Context(), keyFound).([]found)
	return results
}

// none says what was looked for in vain. What was typed stands in the box again, unless
// it may be a code.
func (c *call) none(q string, cut bool) error {
	hint := "find.none.hint"
	digits, isNumber := token.Serial(strings.ReplaceAll(q, " ", "")).Digits()
	mayBeCodes := isNumber && (digits <= token.MaxDigits || digits <= mostJoined && digits%2 == 0)
	switch {
	case mayBeCodes:
		hint = "find.none.number"
	case len([]rune(q)) < report.ShortestEnd:
		hint = "find.none.short"
	case cut:
		hint = "find.none.cut"
	}
	if !mayBeCodes {
		c.values = map[string]string{"q": q}
	}
	return fault.Errorf(fault.NotFound, "%s", c.t("find.none", q)).WithHint("%s", c.t(hint))
}

// searchable leaves out of a text what no database has in one.
func searchable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
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
	req := desk.Identify{Search: desk.Search{Wide: c.is("wide")}}
	for _, code := range codes {
		req.Codes = append(req.Codes, desk.Typed{Text: code, At: c.s.Now()})
	}
	out, err := c.cases.Desk.Identify(c.r.Context(), req)
	if err != nil {
		return err
	}
	switch {
	case len(out.Found) > 0:
	case req.Wide || out.Searched > mostWide:
		return fault.Errorf(fault.NotFound, "no token shows these codes (%d searched)", out.Searched).
			WithHint("are they two codes in a row, in this order?")
	default: // the codes are kept nowhere: the page that asks has them
		c.render(http.StatusNotFound, "find", findData{Codes: strings.Join(codes, " ")}, &said{HTML: c.t("find.wider", out.Searched)})
		return nil
	}
	f := found{What: c.t("find.codes")}
	for _, one := range out.Found[:min(len(out.Found), mostFound)] {
		f.Hits = append(f.Hits, report.Hit{By: "codes", Serial: one.Serial})
	}
	return c.showFound(f, out.Found[0].Serial, len(out.Found) == 1)
}
