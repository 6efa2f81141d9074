package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/provision/targets"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// Request asks for seeds.
type Request struct {
	Target   targets.Target
	Options  targets.Options // time and chance are filled in
	Verifier string          // who gets them; empty: what the target is called
	Choice   Choice
	Name     string // of the file; of several each gets something more
	Output   Output
	Sealer   Sealer // nil: nobody but the form encrypts
	Plain    bool   // what is written may be read by anybody
	Skip     bool   // leave out what does not fit
	DryRun   bool   // check alone
	Destroy  bool   // the seeds go for good: none stays here
	token.Words
	Progress func(done, total int) // may be nil
}

// Remark is what is to be known of one token.
type Remark struct {
	Serial token.Serial `json:"serial"`
	Text   string       `json:"text"`
}

// WrittenFile is one file of a delivery.
type WrittenFile struct {
	File      string `json:"file"`
	Tokens    int    `json:"tokens"`
	SHA256    string `json:"sha256"`
	Seeds     bool   `json:"seeds"`     // whether there are any in it
	Encrypted string `json:"encrypted"` // recipients, key or no
	Form      string `json:"form"`      // what it is, where the target's files are of several kinds
	About     string `json:"about"`
}

// Delivery is what became of a request. Its JSON names are kept for good.
type Delivery struct {
	ID        *string       `json:"delivery"` // null: nothing was handed over
	At        time.Time     `json:"at"`
	Target    string        `json:"target"`
	Verifier  string        `json:"verifier"`
	DryRun    bool          `json:"dry_run"`
	Tokens    int           `json:"tokens"` // that fit
	Unfit     int           `json:"unfit"`
	Behind    int           `json:"clock_too_far"` // of those that fit: they will not log in unless the verifier is helped
	Unseen    int           `json:"clock_unknown"` // of those that fit: nobody knows whether the verifier, which follows no clock, takes their codes
	To        []string      `json:"recipients"`
	Plaintext bool          `json:"plaintext"`
	Files     []WrittenFile `json:"files"`
	Misfits   []Remark      `json:"misfits"`  // the first 1,000
	Warnings  []Remark      `json:"warnings"` // the first 1,000
	More      int           `json:"more_warnings"`
	Destroyed bool          `json:"destroyed"` // the seeds are not here any more
	// Erasure says what became of them in the store's files; null: they are still here.
	Erasure *token.Erasure `json:"erasure"`
}

// most is how many misfits and warnings are kept.
const most = 1000

// errChanged says that tokens changed while their seeds were written.
var errChanged = errors.New("changed meanwhile")

// tries is how often a delivery begins again because tokens changed meanwhile.
const tries = 3

// Provision hands seeds over. Misfits are in the result even where it ends with an
// error, of kind Refused; if nothing but their state is wrong, of kind NotAllowed.
func (p *Provisioner) Provision(ctx context.Context, req Request) (out Delivery, err error) {
	if req.Options.Set, err = req.Target.Settle(req.Options.Set); err != nil {
		return out, err
	}
	if err := req.checkSecrecy(); err != nil {
		return out, err
	}
	if req.Verifier == "" {
		req.Verifier = req.Target.Name
	}
	if p.Bounded != nil {
		defer p.Bounded()()
	}
	for range tries {
		out, err = p.attempt(ctx, req)
		if !errors.Is(err, errChanged) {
			return out, err
		}
	}
	return out, fault.Errorf(fault.NotAllowed, "tokens of this delivery changed again and again while it was written; nothing was handed over").
		WithHint("name fewer tokens, or try again when the desk is quiet")
}

// checkSecrecy refuses seeds that anybody could read, unless that was spelled out.
func (req *Request) checkSecrecy() error {
	t, sealed, inForm := &req.Target, req.Sealer != nil, req.Options.Protect != nil
	switch {
	case req.Destroy && req.Name == Standard:
		return fault.Errorf(fault.Usage, "seeds that are destroyed here are not written to the standard output: if its reader stops, they are lost").
			WithHint("name a file")
	case req.Plain && (sealed || inForm):
		return fault.Errorf(fault.Usage, "%s goes with no recipient and no key", fault.Plaintext)
	case inForm && len(t.Keys) == 0:
		return fault.Errorf(fault.Usage, "the target %s has no encryption of its own", t.Name).WithHint("%s names who may read the file", fault.SendTo)
	case t.Locked && !inForm && !req.DryRun:
		return fault.Errorf(fault.Refused, "the target %s takes encrypted containers only", t.Name).
			WithHint("%s or %s says with what; openssl rand -hex 16 makes a key", fault.KeyFile, fault.PassphraseFile)
	case !req.Plain && !sealed && !inForm && !req.DryRun:
		return fault.Errorf(fault.Refused, "nobody may read these seeds on their way but who needs them: say who").
			WithHint("%s takes an age recipient, or the file of an OpenPGP key; %s writes the seeds as they are, for all to read who get the file", fault.SendTo, fault.Plaintext)
	}
	return nil
}

// attempt checks, writes and records once.
func (p *Provisioner) attempt(ctx context.Context, req Request) (out Delivery, err error) {
	d := &delivering{p: p, req: &req, now: p.Desk.Now().UTC()}
	req.Options.At, req.Options.Random = d.now, p.Desk.Random
	d.out = Delivery{At: d.now, Target: req.Target.Name, Verifier: req.Verifier, DryRun: req.DryRun, Plaintext: req.Plain,
		To: []string{}, Files: []WrittenFile{}, Misfits: []Remark{}, Warnings: []Remark{}}
	if req.Sealer != nil {
		d.out.To = append(d.out.To, req.Sealer.To()...)
	}
	defer d.discard()
	err = p.Store.ViewMany(ctx, func(r Reader) error {
		if err := checkVerifier(r, req); err != nil {
			return err
		}
		if d.head, err = r.Head(); err != nil {
			return err
		}
		if err := d.check(r); err != nil || req.DryRun {
			return err
		}
		if _, err := p.Desk.Allow(r, d.order(), req.Words); err != nil {
			return err
		}
		keys, err := p.Desk.Keys(ctx)
		if err != nil {
			return err
		}
		return d.write(ctx, r, keys)
	})
	if err != nil || req.DryRun {
		return d.out, err
	}
	err = p.Store.Update(ctx, d.record)
	if errors.Is(err, fault.ErrUncertain) {
		// If it was stored, the seeds may be nowhere else any more.
		return d.out, fault.Wrap(fault.Internal, errors.Join(err, d.place()), "the files of this delivery were written, and whether the store knows of it is not known").
			WithHint("see whether the newest event of %s is this delivery; if it is not, destroy the files and run the command again", fault.Do("audit log"))
	}
	if err != nil {
		return d.out, err
	}
	if err = d.place(); err == nil && req.Destroy {
		e, erased := p.Desk.Erase(ctx)
		d.out.Erasure, err = &e, erased
	}
	return d.out, err
}

// mostTouched is how many tokens a request holds against what they were when it was
// made; of more it holds which they are.
const mostTouched = 1000

// order is what a second person is asked for. A delivery that destroys the seeds here
// waits for one too where the policy guards only that.
func (d *delivering) order() request.Order {
	req, sum := d.req, sha256.New()
	for _, r := range rangesOf(d.ids) {
		fmt.Fprintf(sum, "%d-%d,", r.First, r.Last)
	}
	o := request.Order{Guard: token.GuardProvision, By: token.CmdProvision,
		What: []string{"target=" + req.Target.Name, "verifier=" + req.Verifier, "file=" + filepath.Base(req.Name), "recipients=" + strings.Join(d.out.To, ","),
			fmt.Sprintf("plaintext=%t", req.Plain), fmt.Sprintf("destroy=%t", req.Destroy), fmt.Sprintf("tokens=%d", d.out.Tokens), "ids=" + hex.EncodeToString(sum.Sum(nil))},
		Effect: fmt.Sprintf("hand the seeds of %s to %s", count(d.out.Tokens, "token", "tokens"), req.Verifier)}
	if req.Verifier != req.Target.Name {
		o.Effect += " (" + req.Target.Name + ")"
	}
	if len(d.ids) <= mostTouched {
		o.Touches = d.serials
	} else {
		o.What = append(o.What, fmt.Sprintf("serials=%s..%s", d.first, d.last))
	}
	if req.Plain {
		o.Effect += ", readable by anyone who gets the file"
	}
	if req.Destroy {
		o.OrGuard = token.GuardDestroy
		o.Effect += ", and destroy them here for good"
	}
	return o
}

// Waits reports whether a delivery waits for a second person.
func Waits(err error) bool {
	var n *request.Needed
	return errors.As(err, &n)
}

// checkVerifier refuses a verifier that nobody added, or that reads something else.
// One that goes by the name of its target needs not to be added.
func checkVerifier(r VerifierReader, req Request) error {
	if req.Verifier == req.Target.Name {
		return nil
	}
	v, err := ActiveVerifier(r, req.Verifier)
	if err == nil && v.Target != req.Target.Name {
		err = fault.Errorf(fault.Usage, "the verifier %s is for %s, not for %s", v.Name, v.Target, req.Target.Name)
	}
	return err
}

// TargetOf is what a verifier reads.
func (p *Provisioner) TargetOf(ctx context.Context, name string) (target string, err error) {
	err = p.Store.View(ctx, func(r Reader) error {
		v, err := ActiveVerifier(r, name)
		target = v.Target
		return err
	})
	return target, err
}

// record writes the event, after it was looked whether all is still as it was read.
func (d *delivering) record(tx Tx) error {
	req := d.req
	words, err := d.p.Desk.Allow(tx, d.order(), req.Words)
	if err != nil {
		return err
	}
	head, err := tx.Head()
	if err != nil {
		return err
	}
	if head != d.head {
		if err := d.unchanged(tx); err != nil {
			return err
		}
	}
	id, err := token.NewID(d.p.Desk.Now(), d.p.Desk.Random)
	if err != nil {
		return err
	}
	e, err := d.p.Desk.Author().Event(token.CmdProvision, trail.Object{Kind: trail.KindDelivery, ID: id.String()}, words)
	if err != nil {
		return err
	}
	detail := trail.DeliveryDetail{Target: req.Target.Name, Verifier: req.Verifier, To: d.out.To, Plain: req.Plain, Tokens: d.out.Tokens,
		Destroyed: req.Destroy, IDs: rangesOf(d.ids), Serials: d.serials}
	for _, f := range d.out.Files {
		detail.Files = append(detail.Files, trail.DeliveredFile{Name: f.File, SHA256: f.SHA256, Tokens: f.Tokens, Seeds: f.Seeds})
	}
	d.out.At = e.Time.UTC()
	d.out.ID, d.out.Destroyed = new(id.String()), req.Destroy
	if err := trail.Record(tx, e, detail); err != nil {
		return err
	}
	if req.Destroy {
		n, err := tx.DestroySeeds(detail.IDs)
		if err == nil && n != detail.Tokens {
			err = fault.Errorf(fault.Internal, "%d seeds were written, and %d were there to be destroyed", detail.Tokens, n)
		}
		if err != nil {
			return err
		}
	}
	return tx.SaveDelivery(trail.DeliveryRow{ID: id.String(), Seq: e.Seq, At: e.Time.UTC(), DeliveryDetail: detail})
}

// unchanged reads the chosen tokens again: something happened in the store since they
// were read.
func (d *delivering) unchanged(tx Tx) error {
	again := &delivering{p: d.p, req: d.req, now: d.now, out: Delivery{Misfits: []Remark{}, Warnings: []Remark{}}}
	if err := again.check(tx); err != nil || again.sum != d.sum {
		return errors.Join(errChanged, err)
	}
	return nil
}

// Skipped is the end of a delivery that left something out.
func (d *Delivery) Skipped() error {
	if d.Unfit == 0 {
		return nil
	}
	return fault.Errorf(fault.Refused, "%s left out, %d handed over", count(d.Unfit, "token was", "tokens were"), d.Tokens)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
