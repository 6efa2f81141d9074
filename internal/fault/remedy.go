package fault

import (
	"fmt"
	"strings"
)

// Action names something that a person can do with fob: "resync", "batch
// correct". It is the name of the audit event where there is one.
type Action string

// Remedy is an action to take: what to do, to which token, account, file or
// batch, and with which settings.
type Remedy struct {
	Do   Action
	Args []string // serials, accounts, files, numbers: in the order of the action
	With []Setting
}

// Do makes a remedy. Args are what the action is about (anything that prints as
// one word) and the Settings that go with it.
func Do[A ~string](action A, args ...any) Remedy {
	r := Remedy{Do: Action(action)}
	for _, a := range args {
		switch a := a.(type) {
		case Setting:
			r.With = append(r.With, a)
		case []Setting:
			r.With = append(r.With, a...)
		case Field:
			r.With = append(r.With, Setting{Field: a})
		default:
			r.Args = append(r.Args, fmt.Sprint(a))
		}
	}
	return r
}

// String is the remedy without a front end's words.
func (r Remedy) String() string { return Plain.Remedy(r) }

// Bare is the remedy as an item of a list of what is possible: no more than its
// words, nothing to be copied.
func (r Remedy) Bare() any { return bare(r) }

type bare Remedy

func (b bare) in(w Wording) string {
	words := append([]string{string(b.Do)}, b.Args...)
	for _, s := range b.With {
		words = append(words, w.Setting(s))
	}
	return strings.Join(words, " ")
}

// String is the item without a front end's words.
func (b bare) String() string { return b.in(Plain) }

// No is the value of a field that says no to a question.
const No = "false"

// Field names something that a person can say about a request: the ticket, the
// approver, the format of a file. The command line has a flag for each, a page
// an input.
type Field string

// Is makes a setting of the field.
func (f Field) Is(value any) Setting { return Setting{f, fmt.Sprint(value)} }

// Setting is a field with what to say in it; an empty value is a switch.
type Setting struct {
	Field Field
	Value string
}

// String is the setting without a front end's words.
func (s Setting) String() string { return Plain.Setting(s) }
