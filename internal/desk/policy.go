package desk

import (
	"context"
	"maps"
	"slices"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// SetPolicy changes settings, each by its name; an empty value takes one back to
// what is usual. All of them are changed, or none, under one event with the old
// and new values.
func (d *Desk) SetPolicy(ctx context.Context, values map[string]string, w Words) (changes []trail.PolicyChange, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if err := Demand(tx, token.CmdPolicySet, w); err != nil {
			return err
		}
		before, err := tx.Policy()
		if err != nil {
			return err
		}
		if changes = changesOf(before, values); len(changes) == 0 {
			return fault.Errorf(fault.NotAllowed, "the policy says that already; nothing was changed")
		}
		after := maps.Clone(before)
		for _, c := range changes {
			if after[c.Name] = c.New; c.New == "" {
				delete(after, c.Name)
			}
			if err := tx.SavePolicy(c.Name, c.New); err != nil {
				return err
			}
		}
		if _, err := token.ParsePolicy(after); err != nil {
			return err
		}
		return d.policyEvent(tx, changes, w)
	})
	return changes, err
}

func changesOf(before, values map[string]string) (changes []trail.PolicyChange) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if before[name] != values[name] {
			changes = append(changes, trail.PolicyChange{Name: name, Old: before[name], New: values[name]})
		}
	}
	return changes
}

func (d *Desk) policyEvent(tx Tx, changes []trail.PolicyChange, w Words) error {
	e, err := d.Author().StoreEvent(token.CmdPolicySet, w)
	if err != nil {
		return err
	}
	return trail.Record(tx, e, trail.PolicyDetail{Changes: changes})
}
