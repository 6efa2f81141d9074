package web

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"fob/internal/fault"
	"fob/internal/token"
)

// wording puts what errors carry as data into the words of these pages. A remedy
// becomes a link where there is a page for it: while the text is put together it is a
// mark, and the link comes in once everything else is made safe.
type wording struct {
	c     *call
	links []template.HTML
	asked []string // fields that it names
}

// mark is a character that no text holds (texts have no control characters).
const mark = "\x01"

func (w *wording) Remedy(r fault.Remedy) string {
	if len(r.With) > 0 && w.c.pageFor(r) == w.c.back { // done on this very page: what its form has to have
		var fields []string
		for _, s := range r.With {
			fields = append(fields, w.Field(s.Field))
		}
		return strings.Join(fields, ", ")
	}
	w.links = append(w.links, w.c.link(r))
	return fmt.Sprintf("%s%d%s", mark, len(w.links)-1, mark)
}

func (w *wording) Field(f fault.Field) string {
	w.asked = append(w.asked, string(f))
	return "“" + w.c.field(f) + "”"
}

func (w *wording) Setting(s fault.Setting) string {
	name := w.c.field(s.Field)
	w.asked = append(w.asked, string(s.Field))
	switch s.Value {
	case "":
		return "“" + name + "”"
	case fault.No:
		return "“" + name + ": " + w.c.t("choice.no") + "”"
	}
	return "“" + name + ": " + s.Value + "”"
}

// field is the label of a field, as its form has it.
func (c *call) field(f fault.Field) string {
	if label, ok := c.s.render.texts.find("field." + string(f)); ok {
		return label
	}
	return strings.ReplaceAll(string(f), "-", " ")
}

// worded is a text as HTML.
func (c *call) worded(t fault.Text) template.HTML {
	w := &wording{c: c}
	return w.html(t.In(w))
}

// wordsOf is what an error says, what can be done, and the fields that this names.
func (c *call) wordsOf(err error) (message, hint template.HTML, asked []string) {
	w := &wording{c: c}
	message = w.html(sentence(fault.MessageIn(err, w)))
	w.asked = nil
	hint = w.html(sentence(fault.AdviceOf(err).In(w)))
	return message, hint, w.asked
}

// joined makes one text of several.
func joined(all []fault.Text) (one fault.Text) {
	for _, t := range all {
		one = one.And(t)
	}
	return one
}

// asTexts are sentences that have no words of a front end.
func asTexts(all []string) (out []fault.Text) {
	for _, text := range all {
		out = append(out, fault.Textf("%s", text))
	}
	return out
}

// capital begins a sentence, unless with a name.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	word, _, _ := strings.Cut(text, " ")
	if n == 0 || strings.ContainsAny(word, "@._0123456789") {
		return text
	}
	return string(unicode.ToUpper(first)) + text[n:]
}

// sentence begins and ends one.
func sentence(text string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); text != "" && !strings.ContainsRune(".?!:", last) {
		text += "."
	}
	return capital(text)
}

// html makes a text safe and puts the links in.
func (w *wording) html(text string) template.HTML {
	safe := template.HTMLEscapeString(text)
	for i, link := range w.links {
		if strings.HasPrefix(text, fmt.Sprintf("%s%d%s", mark, i, mark)) { // it begins the sentence
			tag, words, _ := strings.Cut(string(link), ">")
			link = template.HTML(tag + ">" + capital(words)) //nolint:gosec // made here
		}
		safe = strings.ReplaceAll(safe, fmt.Sprintf("%s%d%s", mark, i, mark), string(link))
	}
	return template.HTML(safe) //nolint:gosec // escaped above; the links are made here
}

// link is a remedy as a link to its page, or as what to do where there is none.
func (c *call) link(r fault.Remedy) template.HTML {
	words := strings.Join(append([]string{string(r.Do)}, r.Args...), " ")
	if text, ok := c.s.render.texts.find("do." + strings.ReplaceAll(string(r.Do), " ", "-")); ok {
		words = text
		if one, ok := c.s.render.texts.find("do." + string(r.Do) + ".one"); ok && len(r.Args) > 0 {
			words = fmt.Sprintf(one, r.Args[0])
		} else if len(r.Args) > 0 && !strings.Contains(r.Args[0], "SERIAL") && r.Args[0] != "OLD" {
			words += " (" + r.Args[0] + ")"
		}
	}
	safe := template.HTMLEscapeString(words)
	path := c.pageFor(r)
	if path == "" || path == c.back { // it is done on this very page
		return template.HTML("<em>" + safe + "</em>")
	}
	return template.HTML(`<a href="` + template.HTMLEscapeString(path) + `">` + safe + `</a>`)
}

// pageFor is the page on which a remedy is done, if this person may.
func (c *call) pageFor(r fault.Remedy) string {
	switch {
	case r.Do == "request list":
		return c.allowed("GET /requests", "/requests")
	case r.Do == "audit log" && len(r.With) == 1 && r.With[0].Field == fault.Serial: // its page has the history
		return c.pathOf(r.With[0].Value)
	}
	if len(r.Args) == 0 {
		return ""
	}
	switch token.Command(r.Do) {
	case token.CmdRequestApprove, token.CmdRequestDeny, token.CmdRequestWithdraw, "request run":
		return c.allowed("GET /requests/{n}", "/requests/"+r.Args[0])
	case "show":
		if path := c.pathOf(r.Args[0]); path != "" {
			return c.allowed("GET /tokens/{id}", path)
		}
		return ""
	}
	name := strings.ReplaceAll(string(r.Do), " ", "-")
	for _, a := range actions() {
		if a.name != name {
			continue
		}
		if path := c.pathOf(r.Args[0]); path != "" {
			return c.allowed("GET /tokens/{id}/"+name, path+"/"+name)
		}
	}
	return ""
}

// allowed is a path if the person may see its page, else empty.
func (c *call) allowed(pattern, path string) string {
	for _, r := range c.s.table {
		if r.pattern == pattern && (r.roles == nobody || c.who.may(r.roles)) {
			return path
		}
	}
	return ""
}
