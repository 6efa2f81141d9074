package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Listed is a token as a verifier itself lists it.
type Listed struct {
	Serial  token.Serial
	Account string // empty: nobody's, or not said
	Object  string // the id of whose it is in a directory, where that is all that is said
	Ended   bool   // it is there and accepted no more
}

// Kinds of findings.
const (
	ShouldEnd    = "should_end"    // accepted there, and lost, retired, suspended, quarantined or unbound here
	OtherAccount = "other_account" // there it is somebody else's
	NotThere     = "not_there"     // handed over, usable here, and not there
	Twice        = "twice"
	UnknownHere  = "unknown_here"
	NotFromHere  = "not_from_here" // it is there, and fob never handed it over
)

// Finding is a difference between a verifier's list and what fob knows.
type Finding struct {
	Kind    string       `json:"kind"`
	Serial  token.Serial `json:"serial"`
	State   *string      `json:"state"`
	Account *string      `json:"account"`
	There   *string      `json:"account_there"`
}

// Reconciliation is what a verifier's list comes to.
type Reconciliation struct {
	Verifier string         `json:"verifier"`
	SHA256   string         `json:"sha256"` // of the list
	Listed   int            `json:"listed"`
	Findings []Finding      `json:"findings"`
	Proven   []token.Serial `json:"proven"` // open tasks that the list shows to be closed
	Applied  bool           `json:"applied"`
}

// Compared is a request to hold a verifier's list against what fob knows.
type Compared struct {
	Verifier string
	List     []Listed
	SHA256   string
	Apply    bool
	token.Words
}

// Reconcile tells where a verifier and fob differ. Applied, it closes the tasks that
// the list shows to be closed: tokens that are not there, or accepted no more.
func (p *Provisioner) Reconcile(ctx context.Context, req Compared) (out Reconciliation, err error) {
	if !req.Apply {
		err = p.Store.View(ctx, func(r Reader) error {
			out, _, err = reconcile(r, req)
			return err
		})
		return out, err
	}
	err = p.Store.Update(ctx, func(tx Tx) error {
		var proven []trail.Task
		if out, proven, err = reconcile(tx, req); err != nil || len(proven) == 0 {
			return err
		}
		_, err = p.close(tx, Ending{Verifier: req.Verifier, Words: req.Words}, proven, req.SHA256)
		out.Applied = err == nil
		return err
	})
	return out, err
}

// comparing holds a verifier's list against what it got from here.
type comparing struct {
	r      Reader
	out    Reconciliation
	handed map[string]token.Serial
	tasks  []trail.Task
	there  map[string]Listed
}

func reconcile(r Reader, req Compared) (out Reconciliation, proven []trail.Task, err error) {
	if err := knownVerifier(r, req.Verifier); err != nil {
		return out, nil, err
	}
	c := &comparing{r: r, there: map[string]Listed{},
		out: Reconciliation{Verifier: req.Verifier, SHA256: req.SHA256, Listed: len(req.List), Findings: []Finding{}, Proven: []token.Serial{}}}
	if c.handed, err = r.HandedSerials(req.Verifier); err != nil {
		return out, nil, err
	}
	if c.tasks, err = r.Tasks(req.Verifier); err != nil {
		return out, nil, err
	}
	for _, l := range req.List {
		if err := c.look(l); err != nil {
			return out, nil, err
		}
	}
	proven = provenBy(c.there, c.tasks)
	for _, k := range proven {
		c.out.Proven = append(c.out.Proven, k.Serial)
	}
	if err := c.missing(); err != nil {
		return out, nil, err
	}
	slices.SortStableFunc(c.out.Findings, func(a, b Finding) int {
		return strings.Compare(fmt.Sprint(slices.Index(findingOrder, a.Kind), a.Serial), fmt.Sprint(slices.Index(findingOrder, b.Kind), b.Serial))
	})
	return c.out, proven, nil
}

func (c *comparing) find(kind string, l Listed, t *token.Token) {
	f := Finding{Kind: kind, Serial: l.Serial}
	if who := cmp.Or(l.Account, l.Object); who != "" {
		f.There = &who
	}
	if t != nil {
		f.Serial, f.State = t.Serial, new(string(t.State))
		if t.Account != "" {
			f.Account = new(string(t.Account))
		}
	}
	c.out.Findings = append(c.out.Findings, f)
}

// look holds a row of the list against the token.
func (c *comparing) look(l Listed) error {
	key := l.Serial.Key()
	if before, twice := c.there[key]; twice {
		c.find(Twice, l, nil)
		l.Ended = l.Ended && before.Ended
		c.there[key] = l
		return nil
	}
	c.there[key] = l
	t, err := c.r.Token(l.Serial)
	if fault.KindOf(err) == fault.NotFound {
		c.find(UnknownHere, l, nil)
		return nil
	} else if err != nil {
		return err
	}
	c.there[t.Serial.Key()] = l
	person := ""
	if l.Object != "" && t.Account != "" {
		if person, err = c.r.PersonOf(t.Account); err != nil {
			return err
		}
	}
	_, got := c.handed[t.Serial.Key()]
	t, open, err := openOf(c.r, c.tasks, t, got)
	if err != nil {
		return err
	}
	switch {
	case l.Ended:
	case open || slices.Contains([]token.State{token.Lost, token.Retired, token.Suspended, token.Quarantined}, t.State):
		c.find(ShouldEnd, l, &t)
	case !got:
		c.find(NotFromHere, l, &t)
	case l.Account != "" && !samePerson(l.Account, string(t.Account)), person != "" && person != l.Object:
		c.find(OtherAccount, l, &t)
	}
	return nil
}

// missing finds tokens that the verifier got, could use, and does not list.
func (c *comparing) missing() error {
	for key, serial := range c.handed {
		if _, is := c.there[key]; is || slices.ContainsFunc(c.tasks, func(k trail.Task) bool { return k.Serial.Key() == key }) {
			continue
		}
		t, err := c.r.Token(serial)
		if err != nil {
			return err
		}
		if t.State == token.InStock || t.State == token.Assigned || t.State == token.Bound {
			c.find(NotThere, Listed{Serial: t.Serial}, &t)
		}
	}
	return nil
}

// openOf reports whether a token has a task at the verifier, which may have what the
// device was before it was burnt anew: then it returns that token.
func openOf(r Reader, tasks []trail.Task, t token.Token, got bool) (of token.Token, open bool, err error) {
	if open = slices.ContainsFunc(tasks, func(k trail.Task) bool { return k.ID == t.ID }); open || got {
		return t, open, nil
	}
	i := slices.IndexFunc(tasks, func(k trail.Task) bool { return k.Serial.Device().Key() == t.Serial.Key() })
	if i < 0 {
		return t, false, nil
	}
	of, err = r.Token(tasks[i].Serial)
	return of, true, err
}

// provenBy returns the tasks that a list shows to be done: their tokens are not on it, or
// end there.
func provenBy(there map[string]Listed, tasks []trail.Task) (proven []trail.Task) {
	for _, k := range tasks {
		if l, is := there[k.Serial.Device().Key()]; !is || l.Ended {
			proven = append(proven, k)
		}
	}
	return proven
}

// findingOrder has first what lets somebody in who should not get in.
var findingOrder = []string{ShouldEnd, OtherAccount, Twice, UnknownHere, NotFromHere, NotThere}

// samePerson compares accounts as verifiers spell them: with what stands behind the @,
// or without.
func samePerson(there, here string) bool {
	a, b := token.Account(there).Key(), token.Account(here).Key()
	local := func(s string) string { name, _, _ := strings.Cut(s, "@"); return name }
	return a == b || (!strings.Contains(a, "@") || !strings.Contains(b, "@")) && local(a) == local(b)
}
