package provision

import (
	"context"
	"slices"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/provision/targets"
	"fob/internal/token"
	"fob/internal/trail"
)

// VerifierReader knows the verifiers, and who has which seed.
type VerifierReader interface {
	// Verifiers lists them by name, removed ones too.
	Verifiers() ([]trail.VerifierRow, error)
	// Tasks lists the tokens that a verifier still has and should not have any more;
	// of all verifiers where the name is empty.
	Tasks(verifier string) ([]trail.Task, error)
	// HandedTokens counts the tokens that a verifier got, each once.
	HandedTokens(verifier string) (int, error)
	// HandedSerials are the tokens that a verifier got, by their keys.
	HandedSerials(verifier string) (map[string]token.Serial, error)
	// PersonOf is the id that an account has in its directory; empty: none is known.
	PersonOf(a token.Account) (string, error)
}

// VerifierWriter writes them.
type VerifierWriter interface {
	SaveVerifier(v trail.VerifierRow) error
	// SaveEnded notes that a verifier does not accept tokens any more.
	SaveEnded(verifier string, ids []int64, at, noted time.Time) error
}

// Verifier is a system that checks logins. Its JSON names are kept for good.
type Verifier struct {
	Name      string     `json:"verifier"`
	Target    string     `json:"target"`
	AddedAt   time.Time  `json:"added_at"`
	RemovedAt *time.Time `json:"removed_at"`
	Tokens    int        `json:"tokens"` // whose seeds it got
	Open      int        `json:"open"`   // that it should not accept any more
}

// maxVerifierName bounds a verifier's name.
const maxVerifierName = 40

// ParseVerifier reads a verifier's name: lower-case letters, digits and signs.
func ParseVerifier(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	ok := name != "" && len(name) <= maxVerifierName && name[0] != '-'
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	}
	if !ok {
		return "", fault.Errorf(fault.Usage, "%q is no name of a verifier", text).WithHint("letters, digits and . _ - are possible, %d at most", maxVerifierName)
	}
	return name, nil
}

// AddVerifier remembers a verifier, so that deliveries can name it.
func (p *Provisioner) AddVerifier(ctx context.Context, name, target string, w token.Words) (v Verifier, err error) {
	t, err := targets.Find(target)
	if err != nil {
		return v, err
	}
	if other, err := targets.Find(name); err == nil && other.Name != t.Name {
		return v, fault.Errorf(fault.Usage, "a verifier cannot be called %s: that is a target, and this one's is %s", name, t.Name)
	}
	err = p.Store.Update(ctx, func(tx Tx) error {
		if err := desk.Demand(tx, token.CmdVerifierAdd, w); err != nil {
			return err
		}
		row, err := findVerifier(tx, name)
		if err == nil && row.Active {
			return fault.Errorf(fault.NotAllowed, "there is a verifier %s already, for %s", row.Name, row.Target)
		} else if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		e, err := p.verifierEvent(token.CmdVerifierAdd, name, w)
		if err != nil {
			return err
		}
		row = trail.VerifierRow{Name: name, Target: t.Name, Added: e.Time.UTC(), Removed: row.Removed, Active: true}
		if err := tx.SaveVerifier(row); err != nil {
			return err
		}
		if err := trail.Record(tx, e, trail.VerifierDetail{Target: t.Name}); err != nil {
			return err
		}
		v, err = verifierOf(tx, row, nil)
		return err
	})
	return v, err
}

// RemoveVerifier forgets a verifier that is no more. It must have no open task: a
// system that still lets somebody in is not gone.
func (p *Provisioner) RemoveVerifier(ctx context.Context, name string, w token.Words) (v Verifier, err error) {
	err = p.Store.Update(ctx, func(tx Tx) error {
		if err := desk.Demand(tx, token.CmdVerifierRemove, w); err != nil {
			return err
		}
		row, err := ActiveVerifier(tx, name)
		if err != nil {
			return err
		}
		tasks, err := tx.Tasks(name)
		if err != nil {
			return err
		}
		if len(tasks) > 0 {
			return fault.Errorf(fault.NotAllowed, "%s still has %s that it should not accept", name, count(len(tasks), "token", "tokens")).
				WithHint("%s lists them; %s says that they are ended there", fault.Do("report open", fault.Verifier.Is(name)), fault.Do(token.CmdVerifierDone, name, "SERIAL"))
		}
		e, err := p.verifierEvent(token.CmdVerifierRemove, name, w)
		if err != nil {
			return err
		}
		row.Active, row.Removed = false, e.Time.UTC()
		if err := tx.SaveVerifier(row); err != nil {
			return err
		}
		if err := trail.Record(tx, e, trail.VerifierDetail{Target: row.Target}); err != nil {
			return err
		}
		v, err = verifierOf(tx, row, nil)
		return err
	})
	return v, err
}

// Verifiers lists those that are there.
func (p *Provisioner) Verifiers(ctx context.Context) (all []Verifier, err error) {
	all = []Verifier{}
	err = p.Store.View(ctx, func(r Reader) error {
		rows, err := r.Verifiers()
		if err != nil {
			return err
		}
		tasks, err := r.Tasks("")
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !row.Active {
				continue
			}
			v, err := verifierOf(r, row, tasks)
			if err != nil {
				return err
			}
			all = append(all, v)
		}
		return nil
	})
	return all, err
}

// Unnamed lists the targets that got seeds under their own name, without a verifier that
// was added.
func (p *Provisioner) Unnamed(ctx context.Context) (names []string, err error) {
	err = p.Store.View(ctx, func(r Reader) error {
		for _, t := range targets.All() {
			if _, err := findVerifier(r, t.Name); fault.KindOf(err) != fault.NotFound {
				if err != nil {
					return err
				}
				continue
			}
			n, err := r.HandedTokens(t.Name)
			if err != nil {
				return err
			}
			if n > 0 {
				names = append(names, t.Name)
			}
		}
		return nil
	})
	return names, err
}

func verifierOf(r VerifierReader, row trail.VerifierRow, tasks []trail.Task) (v Verifier, err error) {
	v = Verifier{Name: row.Name, Target: row.Target, AddedAt: row.Added}
	if !row.Active {
		v.RemovedAt = &row.Removed
	}
	for _, t := range tasks {
		if t.Verifier == row.Name {
			v.Open++
		}
	}
	v.Tokens, err = r.HandedTokens(row.Name)
	return v, err
}

func findVerifier(r VerifierReader, name string) (v trail.VerifierRow, err error) {
	all, err := r.Verifiers()
	if err != nil {
		return v, err
	}
	if i := slices.IndexFunc(all, func(v trail.VerifierRow) bool { return v.Name == name }); i >= 0 {
		return all[i], nil
	}
	return v, fault.Errorf(fault.NotFound, "there is no verifier %s", name).WithHint("%s shows what there is, %s makes one", fault.Do("verifier list"), fault.Do(token.CmdVerifierAdd, name))
}

// knownVerifier refuses a name that no verifier has. What goes by the name of its
// target needs not to be added.
func knownVerifier(r VerifierReader, name string) error {
	if _, err := targets.Find(name); err == nil {
		return nil
	}
	_, err := findVerifier(r, name)
	return err
}

// ActiveVerifier finds one that was not removed.
func ActiveVerifier(r VerifierReader, name string) (trail.VerifierRow, error) {
	v, err := findVerifier(r, name)
	if err == nil && !v.Active {
		return v, fault.Errorf(fault.NotFound, "the verifier %s was removed on %s", name, v.Removed.Format(time.DateOnly)).WithHint("%s makes one", fault.Do(token.CmdVerifierAdd, name))
	}
	return v, err
}

func (p *Provisioner) verifierEvent(by token.Command, name string, w token.Words) (*trail.Event, error) {
	return p.Desk.Author().Event(by, trail.Object{Kind: trail.KindVerifier, ID: name}, w)
}

// Ending says that a verifier accepts tokens no more.
type Ending struct {
	Verifier string
	Serials  []token.Serial
	At       time.Time // zero: now
	token.Words
}

// Ended is what became of it.
type Ended struct {
	Verifier string         `json:"verifier"`
	At       time.Time      `json:"at"`
	Closed   []token.Serial `json:"closed"`
}

// Done closes open tasks. A token without one is refused: an event that changes
// nothing would only puzzle the auditor.
func (p *Provisioner) Done(ctx context.Context, req Ending) (out Ended, err error) {
	if len(req.Serials) > named {
		return out, fault.Errorf(fault.Usage, "%d tokens in one command; %d are the most", len(req.Serials), named)
	}
	err = p.Store.Update(ctx, func(tx Tx) error {
		if err := desk.Demand(tx, token.CmdVerifierDone, req.Words); err != nil {
			return err
		}
		if err := knownVerifier(tx, req.Verifier); err != nil {
			return err
		}
		open, err := tx.Tasks(req.Verifier)
		if err != nil {
			return err
		}
		var done []trail.Task
		for _, s := range req.Serials {
			t, err := tx.Token(s)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(open, func(k trail.Task) bool { return k.ID == t.ID })
			if i < 0 {
				return fault.Errorf(fault.NotAllowed, "there is nothing to end for token %s at %s", t.Serial, req.Verifier).
					WithHint("%s lists what is open", fault.Do("report open"))
			}
			if !req.At.IsZero() && req.At.Before(open[i].Delivered) {
				return fault.Errorf(fault.NotAllowed, "token %s went to %s on %s only: it cannot have been ended there before", t.Serial, req.Verifier, open[i].Delivered.Format(time.RFC3339))
			}
			done = append(done, open[i])
		}
		out, err = p.close(tx, req, done, "")
		return err
	})
	return out, err
}

// close writes the event of tasks that are closed; sum is the SHA-256 of the list
// that proves it.
func (p *Provisioner) close(tx Tx, req Ending, done []trail.Task, sum string) (out Ended, err error) {
	e, err := p.verifierEvent(token.CmdVerifierDone, req.Verifier, req.Words)
	if err != nil {
		return out, err
	}
	now := e.Time.UTC()
	if req.At.IsZero() {
		req.At = now
	}
	if req.At.After(now) {
		return out, fault.Errorf(fault.Usage, "%s is yet to come", req.At.Format(time.RFC3339))
	}
	out = Ended{Verifier: req.Verifier, At: req.At.UTC(), Closed: []token.Serial{}}
	var ids []int64
	for _, t := range done {
		if !slices.Contains(ids, t.ID) {
			ids, out.Closed = append(ids, t.ID), append(out.Closed, t.Serial)
		}
	}
	if err := tx.SaveEnded(req.Verifier, ids, out.At, now); err != nil {
		return out, err
	}
	return out, trail.Record(tx, e, trail.EndedDetail{At: out.At, IDs: rangesOf(ids), Serials: out.Closed, List: sum})
}
