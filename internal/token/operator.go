package token

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// OperatorKind says who vouches for an operator.
type OperatorKind string

// The kinds of operators.
const (
	OperatorOS      OperatorKind = "os"      // a login of this computer
	OperatorOIDC    OperatorKind = "oidc"    // somebody who signed in at an identity provider
	OperatorService OperatorKind = "service" // a timer or another program
)

// Operator is who runs a command, as whatever vouches for them says it. It is never
// what somebody typed. An event carries all of it; tables keep kind, id and name.
type Operator struct {
	Kind OperatorKind `json:"kind"`
	// ID is what never changes of an operator and means one only among its kind: os:
	// the uid; oidc: issuer and subject, with a blank between, which no issuer has;
	// service: nothing but the name.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// SudoUID is a claim: anybody can set the environment that says it.
	SudoUID string `json:"sudo_uid,omitempty"`
	// SignedIn is how many seconds ago the identity provider saw them.
	SignedIn int64 `json:"signed_in_seconds,omitempty"`
}

// SamePerson reports whether two operators are one person, as far as can be known.
// A claim counts against the person who makes it: with sudo nobody becomes two, nor by
// signing in to a page under the name of a login.
func (o Operator) SamePerson(other Operator) bool {
	if o.Kind != other.Kind { // nobody vouches for both: one name is one person
		return SameName(o.Name, other.Name)
	}
	return o.ID == other.ID || o.Kind == OperatorOS && (o.SudoUID == other.ID || o.ID == other.SudoUID || o.SudoUID != "" && o.SudoUID == other.SudoUID)
}

// SameName compares two names as people are called in different places: anna,
// Anna@example.com and EXAMPLE\anna are one, and so are Anna Smith, "Smith, Anna" and
// anna.smith. No name is like an empty one.
func SameName(a, b string) bool {
	parts := nameParts(a)
	return a != "" && (strings.EqualFold(a, b) || len(parts) > 0 && slices.Equal(parts, nameParts(b)))
}

func nameParts(name string) []string {
	if i := strings.LastIndexByte(name, '\\'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(name, "@")
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(parts)
	return parts
}

// SaidName is a name as somebody said it or wrote it down: its words, in any order.
type SaidName []string

// ReadName reads one.
func ReadName(said string) SaidName { return nameParts(umlauts.Replace(strings.ToLower(said))) }

// Far tells how many letters differ in a name; ok is false of one that cannot be meant.
func (s SaidName) Far(name string) (far int, ok bool) {
	words := ReadName(name)
	for _, p := range s {
		n := utf8.RuneCountInString(p)
		most := max(0, min(n/2-1, 2)) // of short words none
		least := most + 1
		for _, w := range words {
			if gap := utf8.RuneCountInString(w) - n; gap <= most && gap >= -most {
				least = min(least, distance(p, w))
			}
		}
		if least > most {
			return 0, false
		}
		far += least
	}
	return far, len(s) > 0
}

// Pieces are for each word what nearly every name has one of that is not far from it: its
// two letters at either end, and in the middle.
func (s SaidName) Pieces() (all [][]string) {
	for _, word := range s {
		p := []rune(word)
		n := len(p)
		if n < 2 {
			all = append(all, []string{word})
			continue
		}
		all = append(all, []string{string(p[:2]), string(p[n-2:]), string(p[(n-1)/2 : (n-1)/2+2])})
	}
	return all
}

// umlauts are written in letters that every keyboard has.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// Brief is what tables keep of an operator.
func (o Operator) Brief() Operator { return Operator{Kind: o.Kind, ID: o.ID, Name: o.Name} }

// spanWords is so many seconds, as people say it.
func spanWords(seconds int64) string {
	switch {
	case seconds < 120:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 120*60:
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d h", seconds/3600)
}

// String shows everything that is known: "olga (uid 1000)".
func (o Operator) String() string {
	switch o.Kind {
	case OperatorOIDC:
		return fmt.Sprintf("%s (%s, signed in %s before)", o.Name, o.ID, spanWords(o.SignedIn))
	case OperatorService:
		return o.Name + " (service)"
	}
	text := fmt.Sprintf("%s (uid %s)", o.Name, o.ID)
	if o.SudoUID != "" {
		text += ", claims to be uid " + o.SudoUID + " through sudo"
	}
	return text
}
