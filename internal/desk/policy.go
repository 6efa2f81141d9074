package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// PolicyReader knows what was set.
type PolicyReader interface {
	// Policy is what was set, by name.
	Policy() (map[string]string, error)
}

// PolicyWriter writes a setting; an empty value removes it.
type PolicyWriter interface {
	SavePolicy(name, value string) error
}

// Demand refuses a command that lacks what the policy demands of it.
func Demand(r PolicyReader, by token.Command, w Words) error {
	p, err := token.PolicyOf(r)
	if err != nil {
		return err
	}
	return p.Check(by, w)
}

// Allow lets a command through that a policy may guard with a second person, and
// holds it against what else the policy demands: it stands in the place of Demand.
// The words that come back are those to write events with.
func (d *Desk) Allow(r request.Reader, o request.Order, w Words) (Words, error) {
	return request.Gate{Operator: d.Operator, Now: d.Now}.Pass(r, o, w)
}

// checkShare refuses one token more for an account that has all that the policy
// allows. What is left out does not count: the token itself, and the one that it
// replaces.
func checkShare(r HolderReader, p token.Policy, a token.Account, without ...token.Serial) error {
	if p.PerAccount == 0 {
		return nil
	}
	has, err := r.TokensOf(a)
	if err != nil {
		return err
	}
	has = slices.DeleteFunc(has, func(s token.Serial) bool {
		return slices.ContainsFunc(without, func(w token.Serial) bool { return w.Key() == s.Key() })
	})
	return p.CheckShare(a, has)
}

// RemarkShare remarks that an account has many tokens; empty of fewer.
func (d *Desk) RemarkShare(ctx context.Context, a token.Account) (remark string, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		has, err := r.TokensOf(a)
		remark = token.RemarkShare(a, has)
		return err
	})
	return remark, err
}

func capsOf(p token.Policy) otp.Caps {
	return otp.Caps{OneCode: p.OneCode.Seconds(), TwoCodes: p.TwoCodes.Seconds()}
}

// SetPolicy changes settings, each by its name; an empty value takes one back to
// what is usual. All of them are changed, or none, under one event with the old
// and new values.
func (d *Desk) SetPolicy(ctx context.Context, values map[string]string, w Words) (changes []trail.PolicyChange, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		stored, err := tx.Policy()
		if err != nil {
			return err
		}
		w, err := d.Allow(tx, policyOrder(stored, values), w)
		if err != nil {
			return err
		}
		stored, changes = maps.Clone(stored), nil
		for _, name := range slices.Sorted(maps.Keys(values)) {
			c := trail.PolicyChange{Name: name, Old: stored[name], New: values[name]}
			if c.Old == c.New {
				continue
			}
			changes = append(changes, c)
			if stored[name] = c.New; c.New == "" {
				delete(stored, name)
			}
			if err := tx.SavePolicy(name, c.New); err != nil {
				return err
			}
		}
		if len(changes) == 0 {
			return fault.Errorf(fault.NotAllowed, "the policy says that already; nothing was changed")
		}
		p, err := token.ParsePolicy(stored)
		if err != nil {
			return err
		}
		if err := p.Sound(); err != nil {
			return err
		}
		e, err := d.Author().StoreEvent(token.CmdPolicySet, w)
		if err != nil {
			return err
		}
		return trail.Record(tx, e, trail.PolicyDetail{Changes: changes})
	})
	return changes, err
}

// policyOrder is the change of a policy for the person who has to approve it. It must find
// the policy as it is.
func policyOrder(stored, values map[string]string) request.Order {
	o := request.Order{Guard: token.GuardPolicy, By: token.CmdPolicySet, Always: true}
	var effects, state []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		o.What = append(o.What, name+"="+values[name])
		effects = append(effects, fmt.Sprintf("%s from %q to %q", name, stored[name], values[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		state = append(state, name+"="+stored[name])
	}
	o.Effect, o.State = "set the policy's "+strings.Join(effects, ", "), strings.Join(state, "\n")
	return o
}
