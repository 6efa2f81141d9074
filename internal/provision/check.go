package provision

import (
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/provision/targets"
	"fob/internal/token"
	"fob/internal/trail"
)

// delivering is one delivery under way.
type delivering struct {
	p    *Provisioner
	req  *Request
	now  time.Time
	out  Delivery
	head trail.Head // of the state that is read

	ids     []int64
	serials []token.Serial // of few tokens
	groups  map[string]*group
	owners  map[string]bool // accounts that have their one token
	owned   int             // tokens that somebody has
	other   int             // misfits that are not of state alone
	sum     uint64          // of all that was read and fits

	files  []*part
	left   []int64 // ids that are still to be written
	single bool    // there is one file alone
}

// group is a file of a delivery, or several where a target takes so many rows.
type group struct {
	targets.Group
	tokens int
	open   *part
	begun  int // files
}

// named is how many tokens an event names by their serials; of more it has the ids,
// to which the imports commit.
const named = 5000

// sumSeed is the same for all readings of one process.
var sumSeed = maphash.MakeSeed()

// fitting is what of a token has to stay as it was until the event is written.
type fitting struct {
	token.Facts
	token.Standing
}

// check reads all chosen tokens, and sorts out what does not fit.
func (d *delivering) check(r Reader) error {
	d.groups, d.owners = map[string]*group{}, map[string]bool{}
	d.out.Tokens, d.out.Unfit = 0, 0
	for c, err := range r.Candidates(d.req.Choice, d.req.Verifier) {
		if err != nil {
			return err
		}
		if i, fits := d.judge(&c); fits {
			d.take(&c, i)
		}
	}
	if len(d.ids) > named {
		d.serials = nil
	}
	return d.verdict()
}

// judge notes what is wrong with a token.
func (d *delivering) judge(c *Candidate) (i *targets.Item, fits bool) {
	if why := d.standing(c); why != "" {
		d.misfit(c, why)
		return nil, false
	}
	t, o := &d.req.Target, &d.req.Options
	i = d.item(c)
	all := t.Misfits(i, o)
	if key := token.Account(i.Account).Key(); t.OneEach && len(all) == 0 {
		if d.owners[key] {
			all = append(all, fmt.Sprintf("%s has another token in this delivery; %s holds one an account", i.Account, t.Name))
		}
		d.owners[key] = true
	}
	for _, why := range all {
		d.other++
		d.misfit(c, why)
	}
	d.out.Unfit -= max(0, len(all)-1) // one token, however many reasons
	return i, len(all) == 0
}

// standing says why a token may not leave as it stands.
func (d *delivering) standing(c *Candidate) string {
	switch {
	case c.State != token.InStock && c.State != token.Assigned && c.State != token.Bound:
		return "it is " + string(c.State)
	case c.Expired(d.now):
		return "it expired on " + c.NotAfter.UTC().Format(time.DateOnly)
	case !c.Type.HasSeed():
		return "its seed is in the device alone"
	case c.Sealed == nil:
		return "its seed was destroyed here"
	case c.UsedUp():
		return "its last counter was used"
	}
	return ""
}

func (d *delivering) misfit(c *Candidate, why string) {
	d.out.Unfit++
	if len(d.out.Misfits) < most {
		d.out.Misfits = append(d.out.Misfits, Remark{c.Serial, why})
	}
}

func (d *delivering) warn(c *Candidate, text string) {
	if len(d.out.Warnings) < most {
		d.out.Warnings = append(d.out.Warnings, Remark{c.Serial, text})
	} else {
		d.out.More++
	}
}

// item is a token as targets see it, without its seed. Where its clock stands is told
// by the newest observation and the rate of then.
func (d *delivering) item(c *Candidate) *targets.Item {
	i := &targets.Item{Facts: c.Facts, Account: string(c.Account), Object: c.Object, Used: c.Watermark, Bytes: d.p.SeedLen(c.Sealed)}
	i.Next, _ = c.NextCounter()
	if c.Seen != nil && c.Type == token.TOTP {
		drift := c.Seen.Drift
		if c.Seen.Rate != nil {
			drift += *c.Seen.Rate * 1e-6 * d.now.Sub(c.Seen.At).Seconds()
		}
		i.Drift = &drift
	}
	return i
}

// take counts a token that fits, and notes what is to be known of it.
func (d *delivering) take(c *Candidate, i *targets.Item) {
	d.out.Tokens++
	if i.Account != "" {
		d.owned++
	}
	d.ids = append(d.ids, c.ID)
	if len(d.serials) <= named {
		d.serials = append(d.serials, c.Serial)
	}
	d.sum = d.sum*31 + maphash.Comparable(sumSeed, fitting{c.Facts, c.Standing})
	g := d.req.Target.GroupOf(i, &d.req.Options)
	if d.groups[g.Name] == nil {
		d.groups[g.Name] = &group{Group: g}
	}
	d.groups[g.Name].tokens++
	for _, text := range d.req.Target.Remarks(i, &d.req.Options) {
		d.warn(c, text)
	}
	if !c.Before.IsZero() {
		d.warn(c, fmt.Sprintf("%s got its seed before, on %s: some verifiers set its counter back, and codes that were used count again",
			d.req.Verifier, c.Before.UTC().Format("2006-01-02 15:04 UTC")))
	}
}

// verdict ends a check that found misfits, or nothing at all.
func (d *delivering) verdict() error {
	kind := fault.Refused
	if d.other == 0 {
		kind = fault.NotAllowed
	}
	switch {
	case d.out.Tokens == 0 && d.out.Unfit == 0:
		return fault.Errorf(fault.NotFound, "no token is chosen: there are no %s", d.req.Choice.Filter)
	case d.out.Tokens == 0:
		return fault.Errorf(kind, "%s cannot go to %s; nothing was written", count(d.out.Unfit, "token", "tokens"), d.req.Verifier)
	case d.out.Unfit > 0 && !d.req.Skip:
		return fault.Errorf(kind, "%s cannot go to %s, %d can; nothing was written", count(d.out.Unfit, "token", "tokens"), d.req.Verifier, d.out.Tokens).
			WithHint("choose others, or leave them out with %s", fault.SkipUnfit)
	}
	return nil
}

// rangesOf makes of ids the ranges that they lie in.
func rangesOf(ids []int64) (all trail.IDRanges) {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		all = all.With(id)
	}
	return all
}
