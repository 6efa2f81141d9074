// Package certificate is evidence that seeds were destroyed: what the trail says of
// it, what a search of the store's files found, and which copies may be left. What it
// looks like on paper is left to the front end.
package certificate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// Certificate is evidence that seeds were destroyed here: by whom, when and how the
// trail says it, what a search of the store's files found, and which copies of the
// seeds may be left elsewhere.
type Certificate struct {
	Store   string         `json:"store"`
	Made    time.Time      `json:"made_at"`
	About   string         `json:"about"`
	Tokens  int            `json:"tokens"` // whose seeds were destroyed
	Serials []token.Serial `json:"serials"`
	Steps   []Destruction  `json:"steps"`
	Erasure token.Erasure  `json:"erasure"`
	Copies  []SeedCopy     `json:"copies"`
	Events  int64          `json:"events"`
	Head    string         `json:"head"` // of the trail
}

// Destruction is one event that destroyed seeds, or several that did it as one.
type Destruction struct {
	Event    int64         `json:"event"` // its number in the trail; of several, the first
	Last     int64         `json:"last_event"`
	At       time.Time     `json:"at"` // of the last one
	Operator string        `json:"operator"`
	Witness  *string       `json:"witness"`  // who approved it
	Verified bool          `json:"verified"` // at an account of their own; else it is a name that was typed
	Request  *int          `json:"request"`
	Command  token.Command `json:"command"`
	Reason   *string       `json:"reason"`
	Ticket   *string       `json:"ticket"`
	Tokens   int           `json:"tokens"`
}

// SeedCopy is where seeds may be that were destroyed here.
type SeedCopy struct {
	Kind string    `json:"kind"` // file, backup, verifier
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// The kinds of copies.
const (
	CopyFile     = "file"
	CopyBackup   = "backup"
	CopyVerifier = "verifier"
)

// Destroyed selects what a certificate is about: the seeds of a batch, of a delivery,
// or of tokens.
type Destroyed struct {
	Batch    int
	Delivery string // its id
	Serials  []token.Serial
}

// Certify reads from the trail how seeds were destroyed. If it knows of none, that is
// an error of kind NotAllowed.
func Certify(r report.Reader, of Destroyed, e token.Erasure, now time.Time) (c Certificate, err error) {
	k := &certifying{of: of, retired: map[string]report.Event{}}
	c = Certificate{Made: now.UTC(), Erasure: e, Serials: []token.Serial{}, Copies: []SeedCopy{}}
	if c.Store, err = r.StoreID(); err != nil {
		return c, err
	}
	head, err := r.Head()
	if err != nil {
		return c, err
	}
	c.Events, c.Head = head.Seq, head.Hash.String()
	for _, s := range of.Serials {
		t, err := r.Find(s)
		if err != nil {
			return c, err
		}
		k.ids = append(k.ids, t.ID)
	}
	slices.Sort(k.ids)
	for _, id := range k.ids {
		k.within = k.within.With(id)
	}
	for e, err := range report.Marked(r, report.MarkOf(token.CmdImport), report.MarkOf(token.CmdVirtual), report.MarkOf(token.CmdProvision),
		report.MarkOf(token.CmdBackup), report.MarkOf(token.CmdBatchDestroy), `"to":"retired"`) {
		if err == nil {
			err = k.take(e)
		}
		if err != nil {
			return c, err
		}
	}
	if err := k.sort(r, &c); err != nil {
		return c, err
	}
	if c.Tokens == 0 {
		return c, fault.Errorf(fault.NotAllowed, "no seed of these tokens was destroyed here")
	}
	k.copies(&c)
	return c, nil
}

// certifying is one certificate under way.
type certifying struct {
	of     Destroyed
	ids    []int64
	within trail.IDRanges // of the tokens that it is about
	batch  string         // UUID of the batch that it is about

	imports    []imported
	retired    map[string]report.Event // by serial key
	sweeps     []report.Event          // seeds of batches
	deliveries []delivered
	backups    []report.Event
}

type imported struct {
	report.Event
	trail.ImportDetail
}

type delivered struct {
	report.Event
	trail.DeliveryDetail
}

func (k *certifying) take(e report.Event) error {
	switch e.Command {
	case token.CmdImport, token.CmdVirtual:
		d, err := detailOf[trail.ImportDetail](e)
		if k.imports = append(k.imports, imported{e, d}); err == nil && d.Number == k.of.Batch && d.New > 0 {
			k.batch, k.within = e.Object.ID, trail.IDRanges{{First: d.FirstID, Last: d.LastID}}
		}
		for _, x := range d.Reburnt { // the retired one is called otherwise from then on
			if was, is := k.retired[x.Old.Serial.Key()]; is {
				k.retired[x.Former.Key()] = was
				delete(k.retired, x.Old.Serial.Key())
			}
		}
		return err
	case token.CmdProvision:
		d, err := detailOf[trail.DeliveryDetail](e)
		if k.deliveries = append(k.deliveries, delivered{e, d}); e.Object.ID == k.of.Delivery {
			k.within = d.IDs
		}
		return err
	case token.CmdBackup:
		k.backups = append(k.backups, e)
	case token.CmdBatchDestroy:
		k.sweeps = append(k.sweeps, e)
	default:
		if e.Outcome == trail.Done && e.Object.Kind == trail.KindToken {
			k.retired[token.Serial(e.Object.ID).Key()] = e
		}
	}
	return nil
}

// sort puts the events into the certificate by which the seeds went: of a token the
// first.
func (k *certifying) sort(r report.Reader, c *Certificate) error {
	wanted := map[string]int64{} // ids by serial key
	for i, s := range k.of.Serials {
		t, err := r.Find(s)
		if err != nil {
			return err
		}
		wanted[s.Key()], k.of.Serials[i] = t.ID, t.Serial
	}
	c.About = k.about()
	var steps []Destruction
	for _, d := range k.deliveries {
		if !d.Destroyed || k.of.Delivery != "" && d.Object.ID != k.of.Delivery {
			continue
		}
		if n := common(d.IDs, k.within); n > 0 {
			steps = append(steps, destructionBy(d.Event, n))
		}
	}
	for _, e := range k.sweeps {
		serials, err := e.Serials()
		if err != nil {
			return err
		}
		n := 0
		for _, s := range serials {
			delete(k.retired, s.Key())
			if _, is := wanted[s.Key()]; is {
				n++
			}
		}
		if e.Object.ID == k.batch {
			n = len(serials)
		}
		if n > 0 {
			steps = append(steps, destructionBy(e, n))
		}
	}
	for key, e := range k.retired {
		id, is := wanted[key]
		if !is && k.of.Batch != 0 {
			t, err := r.Find(token.Serial(key))
			if err != nil {
				return err
			}
			id, is = t.ID, k.within.Has(t.ID)
		}
		if is && !k.handedOver(id, e.Seq) {
			steps = append(steps, destructionBy(e, 1))
		}
	}
	slices.SortFunc(steps, func(a, b Destruction) int { return cmp.Compare(a.Event, b.Event) })
	for _, s := range steps {
		c.Tokens += s.Tokens
		if n := len(c.Steps); n > 0 && c.Steps[n-1].goesOnWith(s) {
			last := &c.Steps[n-1]
			last.Last, last.At, last.Tokens = s.Last, s.At, last.Tokens+s.Tokens
		} else {
			c.Steps = append(c.Steps, s)
		}
	}
	c.Serials = append(c.Serials, k.of.Serials...)
	return nil
}

func (k *certifying) about() string {
	switch {
	case k.of.Batch != 0:
		return fmt.Sprintf("the seeds of batch %d", k.of.Batch)
	case k.of.Delivery != "":
		for _, d := range k.deliveries {
			if d.Object.ID == k.of.Delivery {
				return "seeds that went to " + d.Verifier + " (delivery " + d.Object.ID + ")"
			}
		}
	}
	return "seeds of single tokens"
}

// handedOver reports whether a token's seed had gone with a delivery before an event.
func (k *certifying) handedOver(id, before int64) bool {
	return slices.ContainsFunc(k.deliveries, func(d delivered) bool { return d.Destroyed && d.Seq < before && d.IDs.Has(id) })
}

// common counts the ids that are in both.
func common(a, b trail.IDRanges) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if first, last := max(a[i].First, b[j].First), min(a[i].Last, b[j].Last); first <= last {
			n += int(last-first) + 1
		}
		if a[i].Last < b[j].Last {
			i++
		} else {
			j++
		}
	}
	return n
}

func destructionBy(e report.Event, n int) Destruction {
	return Destruction{Event: e.Seq, Last: e.Seq, At: e.Time.UTC(), Operator: e.Operator.String(), Witness: said(e, trail.TextApprover), Verified: e.Request != 0,
		Request: report.NonZero(e.Request), Command: e.Command, Reason: said(e, trail.TextReason), Ticket: said(e, trail.TextTicket), Tokens: n}
}

func said(e report.Event, field string) *string { return report.NonZero(e.Plain[field]) }

func detailOf[D any](e report.Event) (d D, err error) {
	if err = json.Unmarshal(e.Detail, &d); err != nil {
		err = fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return d, err
}

// goesOnWith reports whether two events are of one destruction.
func (d Destruction) goesOnWith(next Destruction) bool {
	return next.Event == d.Last+1 && d.Command == next.Command && d.Operator == next.Operator && same(d.Witness, next.Witness) &&
		(d.Request == nil) == (next.Request == nil) && same(d.Reason, next.Reason) && same(d.Ticket, next.Ticket)
}

func same(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// copies lists where the seeds came from and where they went, as the trail knows.
func (k *certifying) copies(c *Certificate) {
	first := c.Steps[len(c.Steps)-1].Last
	for _, d := range k.imports {
		if d.New == 0 || !k.within.Meets(trail.IDRanges{{First: d.FirstID, Last: d.LastID}}) {
			continue
		}
		first = min(first, d.Seq)
		if d.Command == token.CmdImport {
			note := "SHA-256 " + d.SHA256 + "; its supplier may have a copy too"
			if d.Supplier != "" {
				note = "SHA-256 " + d.SHA256 + "; " + d.Supplier + " may have a copy too"
			}
			c.Copies = append(c.Copies, SeedCopy{CopyFile, d.File, d.Time.UTC(), note})
		}
	}
	verifiers := map[string]SeedCopy{}
	for _, d := range k.deliveries {
		if n := common(d.IDs, k.within); n > 0 {
			verifiers[d.Verifier] = SeedCopy{CopyVerifier, d.Verifier, d.Time.UTC(), "it got them, and needs them to check logins; and so may the files of the delivery"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(verifiers)) {
		c.Copies = append(c.Copies, verifiers[name])
	}
	for _, e := range k.backups {
		d, err := detailOf[trail.BackupDetail](e)
		if err == nil && e.Seq > first && e.Seq < c.Steps[len(c.Steps)-1].Last {
			c.Copies = append(c.Copies, SeedCopy{CopyBackup, d.File, e.Time.UTC(), "SHA-256 " + d.SHA256 + "; encrypted"})
		}
	}
}
