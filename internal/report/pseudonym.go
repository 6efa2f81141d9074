package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"iter"
	"strings"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
)

// MinPseudonymKey is the shortest key of pseudonyms, in bytes: with a shorter one
// somebody who has a list of the accounts could try them all.
const MinPseudonymKey = 16

// withheld stands for a text in a person's own words, which may name somebody.
const withheld = "[withheld]"

// pseudonymLetters is how long a pseudonym is: 80 bits, of which no two accounts
// of ten million share one but once in 10^10 exports.
const pseudonymLetters = 16

var pseudonymAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// pseudonym is the name that stands for an account: the same for the same account
// and key, whatever the case it was typed in. Without the key nobody can compute
// it from an account.
func (e Export) pseudonym(account string) string {
	if account == "" || e.Pseudonyms == nil {
		return account
	}
	mac := hmac.New(sha256.New, e.Pseudonyms)
	mac.Write([]byte("fob account\x00" + token.Account(account).Key()))
	return "account-" + strings.ToLower(pseudonymAlphabet.EncodeToString(mac.Sum(nil))[:pseudonymLetters])
}

func (e Export) pseudonymAt(account *string) *string {
	if account == nil || e.Pseudonyms == nil {
		return account
	}
	return filled(e.pseudonym(*account))
}

// Selected is the filter in words, without an account's name where names are
// replaced, and what it is compared with.
func (e Export) Selected() string {
	f := e.Filter
	f.Account = token.Account(e.pseudonym(string(f.Account)))
	if e.Compare == nil {
		return f.String()
	}
	return f.String() + comparedWith + e.Compare.Words
}

func (e Export) exception(x Exception) Exception {
	if e.Pseudonyms != nil {
		x.Account = e.pseudonymAt(x.Account)
		x.Reason = withholdAt(x.Reason)
	}
	return x
}

func withholdAt(text *string) *string {
	if text == nil {
		return nil
	}
	return filled(withheld)
}

// shown is the reader with the names as the export shows them.
func (e Export) shown(r Reader) Reader {
	if e.Pseudonyms == nil {
		return r
	}
	return pseudonymous{r, e}
}

// pseudonymous shows pseudonyms for accounts, and no text that somebody wrote in
// their own words: a reason or a proof may name a person. Operators and approvers
// stay: they answer for what they did.
type pseudonymous struct {
	Reader
	e Export
}

func (p pseudonymous) Tokens(f Filter) iter.Seq2[Token, error] {
	return mapped(p.Reader.Tokens(f), p.e.hide)
}

// hide puts pseudonyms into a token, where the export has them.
func (e Export) hide(t *Token) {
	if e.Pseudonyms != nil {
		t.Account, t.BoundProof, t.Condition = e.pseudonymAt(t.Account), withholdAt(t.BoundProof), withholdAt(t.Condition)
	}
}

func (p pseudonymous) Bindings(f Filter) iter.Seq2[Binding, error] {
	return mapped(p.Reader.Bindings(f), func(b *Binding) {
		b.Account = p.e.pseudonym(b.Account)
		if b.Proof != "" {
			b.Proof = withheld
		}
	})
}

func (p pseudonymous) Events(f EventFilter) iter.Seq2[trail.Stored, error] {
	return mapped(p.Reader.Events(f), func(s *trail.Stored) {
		for i := range s.Texts {
			switch t := &s.Texts[i]; t.Field {
			case trail.TextAccount:
				t.Text = p.e.pseudonym(t.Text)
			case trail.TextApprover, trail.TextTicket:
			default:
				t.Text = withheld
			}
		}
	})
}

func mapped[T any](all iter.Seq2[T, error], change func(*T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range all {
			if err == nil {
				change(&v)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// nextMonth is the month behind one such as 2026-11.
func nextMonth(m string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return "9999-12" // none that a format made
	}
	return t.AddDate(0, 1, 0).Format("2006-01")
}
