package people

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// erasedName is the form of what stands for an account that was erased.
var erasedName = regexp.MustCompile(`^erased-[0-9]+$`)

// Erased is what became of a person's erasure.
type Erased struct {
	Account string `json:"account"` // what stands for it from now on
	Events  int    `json:"events"`  // that lost texts
	Texts   int    `json:"texts"`
	LogLeft bool   `json:"log_left"` // somebody reads an older state: the log still holds the texts
}

// Erase removes what is known of a person: the account's name in the tables
// and in the trail, and with it the reasons, tickets and proofs of the events that
// name the account. One event says which texts went, without naming the person.
// What tokens the account had stays, under another name; so do the approvers of
// those events, who answered for what they did. An account that still has tokens
// is refused.
func (g *Registry) Erase(ctx context.Context, a token.Account, w token.Words) (res Erased, err error) {
	err = g.Store.Update(ctx, func(tx Tx) error {
		res = Erased{}
		if err := tx.VouchAccount(a); err != nil {
			return err
		}
		detail, err := g.erasable(tx, a, w)
		if err != nil {
			return err
		}
		if res.Account, err = tx.ErasedName(); err != nil {
			return err
		}
		e, err := g.Desk.Author().Event(token.CmdAccountErase, trail.Object{Kind: trail.KindAccount, ID: res.Account}, w)
		if err != nil {
			return err
		}
		for _, r := range detail.Rows {
			res.Events, res.Texts = res.Events+1, res.Texts+len(r.Fields)
		}
		detail.Name = res.Account
		if err := trail.Record(tx, e, detail); err != nil {
			return err
		}
		return tx.EraseAccount(a, res.Account, detail.Rows, e.Seq)
	})
	if err != nil {
		return res, err
	}
	done, err := g.Store.EmptyLog(context.WithoutCancel(ctx))
	if err != nil {
		return res, fault.Wrap(fault.Internal, err, "it is done, but the database's log could not be emptied: the erased texts stay in it until it is")
	}
	res.LogLeft = !done
	return res, nil
}

// Erasable reports whether an account can be erased, and how many texts would go.
func (g *Registry) Erasable(ctx context.Context, a token.Account, w token.Words) (texts int, err error) {
	err = g.Store.View(ctx, func(r Reader) error {
		detail, err := g.erasable(r, a, w)
		for _, row := range detail.Rows {
			texts += len(row.Fields)
		}
		return err
	})
	return texts, err
}

// erasable is what an erasure would carry.
func (g *Registry) erasable(r Reader, a token.Account, w token.Words) (detail trail.EraseDetail, err error) {
	if err := desk.Demand(r, token.CmdAccountErase, w); err != nil {
		return detail, err
	}
	row, err := r.AccountRow(a)
	if err != nil {
		return detail, err
	}
	if err := checkOutlives(a, row, w); err != nil {
		return detail, err
	}
	held, err := r.TokensOf(a)
	if err != nil {
		return detail, err
	}
	if len(held) > 0 {
		return detail, stillHolds(r, a, held)
	}
	if row.Salt != nil {
		leaf := row.Leaf()
		detail.Leaf, detail.Listed = hex.EncodeToString(leaf[:]), row.Listed
	}
	if detail.Rows, err = r.TextsAbout(a); err != nil || len(detail.Rows) > 0 || row.Salt != nil {
		return detail, err
	}
	if row.Name != "" && erasedName.MatchString(a.Key()) {
		return detail, fault.Errorf(fault.NotAllowed, "%s stands in the place of an account that is erased already", a)
	}
	s, err := r.AccountStanding(a)
	switch {
	case err != nil:
		return detail, err
	case s.Now != "":
		return detail, fault.Errorf(fault.NotFound, "%s is called %s now", a, s.Now).WithHint("erase it by that name: what it was called before goes with it")
	}
	return detail, fault.Errorf(fault.NotFound, "no event names the account %s, and no list of people", a)
}

// stillHolds refuses to erase an account that has tokens.
func stillHolds(r Reader, a token.Account, held []token.Serial) error {
	has := fmt.Sprintf("%d tokens, %s among them", len(held), held[0])
	if len(held) == 1 {
		has = fmt.Sprintf("token %s", held[0])
	}
	how := fault.Textf("%s or %s", fault.Returned, fault.Missing)
	if t, err := r.Token(held[0]); err == nil && t.Software {
		how = fault.Textf("with %s, or a code that its app shows", fault.Reason.Is("TEXT"))
	}
	return fault.Errorf(fault.NotAllowed, "%s still has %s", a, has).
		WithHint("end that first: %s (%s), or %s", fault.Do(token.CmdUnbind, held[0]), how, fault.Do(token.CmdUnassign, held[0]))
}

// checkOutlives refuses words that name the person: they stay.
func checkOutlives(a token.Account, row trail.AccountRow, w token.Words) error {
	names := []string{a.Key(), strings.ToLower(row.FullName)}
	for _, f := range row.Former {
		names = append(names, f.Key)
	}
	for what, text := range map[fault.Field]string{fault.Reason: w.Reason, fault.Ticket: w.Ticket, fault.Proof: w.Proof, fault.ApprovedBy: string(w.Approver)} {
		for _, name := range names {
			if name != "" && strings.Contains(strings.ToLower(text), name) {
				return fault.Errorf(fault.Usage, "%s names the person, and would outlive the erasure", what)
			}
		}
	}
	return nil
}
