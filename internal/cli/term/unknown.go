package term

import (
	"iter"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// WarnUnknown tells of a listing without rows which word of its filter nobody knows:
// a slip of the finger must not look like an account without a token. What is known
// and has nothing is an answer. Where something was listed all words are known, so that
// a large store is not asked for nothing.
func (r *Run) WarnUnknown(reader report.Reader, f report.Filter) error {
	if r.Quiet {
		return nil
	}
	if err := r.warnLocation(reader, f.Location); err != nil {
		return err
	}
	if err := r.warnAccount(reader, f.Account); err != nil {
		return err
	}
	if !f.AsOf.IsZero() {
		return nil // the whole past would be read again
	}
	for _, w := range []struct {
		what, name string
		of         report.Filter
	}{
		{"model", f.Model, report.Filter{Model: f.Model, Limit: 1}},
		{"manufacturer", f.Manufacturer, report.Filter{Manufacturer: f.Manufacturer, Limit: 1}},
	} {
		if w.name == "" {
			continue
		}
		some, err := anyOf(reader.Tokens(w.of))
		if err != nil {
			return err
		}
		if !some {
			r.Remark("no token has the %s %q", w.what, w.name)
		}
	}
	return nil
}

func (r *Run) warnLocation(reader report.Reader, name string) error {
	if name == "" {
		return nil
	}
	names, err := reader.Locations()
	if err != nil {
		return err
	}
	known := token.KnownLocations(names)
	if _, ok := known.Find(name); ok {
		return nil
	}
	hint := "`fob location list` shows the places"
	if near := known.Near(name, token.ShownLocations); len(near) > 0 {
		hint = "near it: " + strings.Join(near, ", ")
	}
	r.Remark("there is no location %s; %s", name, hint)
	return nil
}

func (r *Run) warnAccount(reader report.Reader, a token.Account) error {
	if a == "" {
		return nil
	}
	found, err := reader.Account(a)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		r.Remark("%v; %s", err, fault.AdviceOf(err).In(Wording{}))
		return nil
	case err != nil:
		return err
	}
	if now := token.Account(found.Account.Account); now.Key() != a.Key() {
		r.Remark("%s is called %s now", a, now)
	}
	return nil
}

func anyOf[T any](rows iter.Seq2[T, error]) (bool, error) {
	for _, err := range rows {
		return err == nil, err
	}
	return false, nil
}
