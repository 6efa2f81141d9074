package export

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"iter"
	"strings"

	"fob/internal/report"
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
func (e Export) pseudonym(account token.Account) token.Account {
	if account == "" || e.Pseudonyms == nil {
		return account
	}
	mac := hmac.New(sha256.New, e.Pseudonyms)
	mac.Write([]byte("fob account\x00" + account.Key()))
	return token.Account("account-" + strings.ToLower(pseudonymAlphabet.EncodeToString(mac.Sum(nil))[:pseudonymLetters]))
}

// hideAccount puts the pseudonym in place of an account.
func (e Export) hideAccount(account *string) *string {
	if account == nil {
		return nil
	}
	return report.NonZero(string(e.pseudonym(token.Account(*account))))
}

func withhold(text *string) *string {
	if text == nil {
		return nil
	}
	return report.NonZero(withheld)
}

func (e Export) exception(x report.Exception) report.Exception {
	if e.Pseudonyms != nil {
		x.Account, x.Reason = e.hideAccount(x.Account), withhold(x.Reason)
	}
	return x
}

// hide puts pseudonyms into a token, where the export has them.
func (e Export) hide(t *report.Token) {
	if e.Pseudonyms != nil {
		t.Account, t.BoundProof, t.Condition = e.hideAccount(t.Account), withhold(t.BoundProof), withhold(t.Condition)
	}
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

func (p pseudonymous) Tokens(f report.Filter) iter.Seq2[report.Token, error] {
	return mapped(p.Reader.Tokens(f), p.e.hide)
}

func (p pseudonymous) Bindings(f report.Filter) iter.Seq2[report.Binding, error] {
	return mapped(p.Reader.Bindings(f), func(b *report.Binding) {
		b.Account = string(p.e.pseudonym(token.Account(b.Account)))
		if b.Proof != "" {
			b.Proof = withheld
		}
	})
}

func (p pseudonymous) Events(f report.EventFilter) iter.Seq2[trail.Stored, error] {
	return mapped(p.Reader.Events(f), func(s *trail.Stored) {
		for i := range s.Texts {
			switch t := &s.Texts[i]; t.Field {
			case trail.TextAccount:
				t.Text = string(p.e.pseudonym(token.Account(t.Text)))
			case trail.TextApprover, trail.TextTicket:
			default:
				t.Text = withheld
			}
		}
	})
}

func mapped[T any](all iter.Seq2[T, error], change func(*T)) iter.Seq2[T, error] {
	return report.Mapped(all, func(v T) (T, bool, error) { change(&v); return v, true, nil })
}
