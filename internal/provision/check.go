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
	first   token.Serial
	last    token.Serial
	groups  map[string]*group
	owners  map[string]bool // accounts that have their one token
	owned   int             // tokens that somebody has
	other   int             // misfits that are not of state alone
	sum     uint64          // of all that was read and fits

	files  []*part
	single bool // there is one file alone
}

// group is a file of a delivery, or several where a target takes so many rows.
type group struct {
	targets.Group
	tokens int
	open   *part // where the next one goes
	begun  int   // files
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

// judged is a token that was held against its target.
type judged struct {
	c       *Candidate
	i       *targets.Item
	state   string   // why it may not leave as it stands; empty: it may
	misfits []string // what of it the target cannot hold
	remarks []string
	behind  bool // its clock is too far off for the target
	unseen  bool // it may be: nobody saw it yet
	group   targets.Group
	sum     uint64
}

// check reads all chosen tokens, and sorts out what does not fit.
func (d *delivering) check(r Reader) error {
	d.groups, d.owners = map[string]*group{}, map[string]bool{}
	d.out.Tokens, d.out.Unfit, d.out.Behind, d.out.Unseen = 0, 0, 0, 0
	ids, err := r.Chosen(d.req.Choice)
	if err != nil {
		return err
	}
	d.ids = make([]int64, 0, len(ids))
	for j, err := range trail.Parallel(r.Vouched(ids, d.req.Verifier), d.judge) {
		if err != nil {
			return err
		}
		if d.fits(&j) {
			d.take(&j)
		}
	}
	if len(d.ids) > named {
		d.serials = nil
	}
	return d.verdict()
}

// judge looks what is wrong with a token. Several are judged at a time.
func (d *delivering) judge(c *Candidate) (j judged) {
	j.c = c
	if j.state = d.standing(c); j.state != "" {
		return j
	}
	t, o := &d.req.Target, &d.req.Options
	j.i = d.item(c)
	if j.misfits = t.Misfits(j.i, o); len(j.misfits) == 0 {
		j.remarks, j.behind, j.unseen, j.group = t.Remarks(j.i, o), t.LeavesBehind(j.i, o), t.MayLeaveBehind(j.i), t.GroupOf(j.i, o)
		j.sum = maphash.Comparable(sumSeed, fitting{c.Facts, c.Standing})
	}
	return j
}

// fits notes what is wrong with a token.
func (d *delivering) fits(j *judged) bool {
	if j.state != "" {
		d.misfit(j.c, j.state)
		return false
	}
	if t := &d.req.Target; t.OneEach && len(j.misfits) == 0 {
		key := token.Account(j.i.Account).Key()
		if d.owners[key] {
			j.misfits = append(j.misfits, fmt.Sprintf("%s has another token in this delivery; %s holds one an account", j.i.Account, t.Name))
		}
		d.owners[key] = true
	}
	for _, why := range j.misfits {
		d.other++
		d.misfit(j.c, why)
	}
	d.out.Unfit -= max(0, len(j.misfits)-1) // one token, however many reasons
	return len(j.misfits) == 0
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
	case c.SealedLen == 0:
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

func (d *delivering) warn(c *Candidate, text func() string) {
	if len(d.out.Warnings) < most {
		d.out.Warnings = append(d.out.Warnings, Remark{c.Serial, text()})
	} else {
		d.out.More++
	}
}

// item is a token as targets see it, without its seed. Where its clock stands is told
// by the newest observation and the rate of then.
func (d *delivering) item(c *Candidate) *targets.Item {
	i := &targets.Item{Facts: c.Facts, Account: string(c.Account), Object: c.Object, Used: c.Watermark, Bytes: d.p.SeedLen(c.SealedLen)}
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
func (d *delivering) take(j *judged) {
	c := j.c
	d.out.Tokens++
	if j.behind {
		d.out.Behind++
	}
	if j.unseen {
		d.out.Unseen++
	}
	if j.i.Account != "" {
		d.owned++
	}
	if len(d.ids) == 0 {
		d.first = c.Serial
	}
	d.ids, d.last = append(d.ids, c.ID), c.Serial
	if len(d.serials) <= named {
		d.serials = append(d.serials, c.Serial)
	}
	d.sum = d.sum*31 + j.sum
	g := d.groups[j.group.Name]
	if g == nil {
		g = &group{Group: j.group}
		d.groups[j.group.Name] = g
	}
	g.tokens++
	for _, text := range j.remarks {
		d.warn(c, func() string { return text })
	}
	if !c.Before.IsZero() {
		d.warn(c, func() string {
			forgotten := "some verifiers forget which codes were used, and these count again"
			if c.Type == token.HOTP {
				forgotten = "some verifiers set its counter back, and codes that were used count again"
			}
			return fmt.Sprintf("%s got its seed before, on %s: %s", d.req.Verifier, c.Before.UTC().Format("2006-01-02 15:04 UTC"), forgotten)
		})
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
