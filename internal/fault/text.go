package fault

import (
	"fmt"
	"slices"
	"strings"
)

// Text is a sentence for a person in which actions and fields stay data until a
// front end puts them into its words. The zero Text says nothing.
type Text struct {
	format string // a text without args is taken as it is
	args   []any
}

// Textf makes a Text. Args may hold Remedy, Field, Setting, Text and error
// values among ordinary ones; the verb for them is %s or %v. Everything else is
// formatted at once: a buffer behind an argument may change later.
func Textf(format string, args ...any) Text {
	if len(args) == 0 {
		return Text{format: strings.ReplaceAll(format, "%%", "%")}
	}
	if !slices.ContainsFunc(args, hasWords) {
		return Text{format: fmt.Sprintf(format, args...)}
	}
	kept := slices.Clone(args)
	for i, a := range kept {
		if b, ok := a.([]byte); ok {
			kept[i] = slices.Clone(b)
		}
	}
	return Text{format, kept}
}

// hasWords reports whether a front end has its own words for a value.
func hasWords(a any) bool {
	switch a := a.(type) {
	case Text:
		return len(a.args) > 0
	case Remedy, bare, Field, []Field, Setting:
		return true
	case error:
		_, ok := a.(interface{ In(Wording) string })
		return ok
	}
	return false
}

// IsZero reports whether the text says nothing.
func (t Text) IsZero() bool { return t.format == "" || t.In(Plain) == "" }

// And joins two texts by a semicolon; either may be empty.
func (t Text) And(more Text) Text {
	switch {
	case t.IsZero():
		return more
	case more.IsZero():
		return t
	}
	return Textf("%s; %s", t, more)
}

// Listed is the text with one more item of a list.
func (t Text) Listed(item any) Text {
	if t.IsZero() {
		return Textf("%s", item)
	}
	return Textf("%s, %s", t, item)
}

// In renders the text in a front end's words.
func (t Text) In(w Wording) string {
	if len(t.args) == 0 {
		return t.format
	}
	args := make([]any, len(t.args))
	for i, a := range t.args {
		args[i] = rendered(a, w)
	}
	return fmt.Sprintf(t.format, args...)
}

// String renders the text without a front end.
func (t Text) String() string { return t.In(Plain) }

// MarshalText renders the text without a front end, for JSON.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func rendered(a any, w Wording) any {
	switch a := a.(type) {
	case Text:
		return a.In(w)
	case Remedy:
		return w.Remedy(a)
	case bare:
		return a.in(w)
	case Field:
		return w.Field(a)
	case Setting:
		return w.Setting(a)
	case []Field:
		words := make([]string, len(a))
		for i, f := range a {
			words[i] = w.Field(f)
		}
		return strings.Join(words, " and ")
	case error:
		return MessageIn(a, w)
	}
	return a
}

// Wording is how a front end names what a person can do and say. The command
// line writes `fob unlock 2600412300001` and --ticket, a page a link and a label.
type Wording interface {
	Remedy(Remedy) string
	Field(Field) string
	Setting(Setting) string
}

// Plain is the wording of no front end: "unlock 2600412300001", "ticket". Logs
// and tests use it.
var Plain Wording = plain{}

type plain struct{}

func (plain) Remedy(r Remedy) string {
	words := []string{string(r.Do)}
	words = append(words, r.Args...)
	for _, s := range r.With {
		words = append(words, s.String())
	}
	return strings.Join(words, " ")
}

func (plain) Field(f Field) string { return strings.ReplaceAll(string(f), "-", " ") }

func (p plain) Setting(s Setting) string {
	if s.Value == "" {
		return p.Field(s.Field)
	}
	return p.Field(s.Field) + " " + s.Value
}
