package report

import (
	"fmt"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// LateLoss is how long from the report of a loss to its entry is long: until
// then a token that somebody else may hold went on being accepted.
const LateLoss = 24 * time.Hour

// ofTrail reads the trail once. Most events are ordinary, and are passed over by
// their bytes.
func ofTrail(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LostLate) && !f.wants(ApprovedAlone) && !f.wants(Override) && !f.wants(ManyRefusals) {
		return nothingFound
	}
	return func(yield func(Exception, error) bool) {
		g, err := newGuessing(r)
		if err != nil {
			yield(Exception{}, err)
			return
		}
		for e, err := range Marked(r, append([]string{`"outcome":"refused"`, `"taken_back":true`, `"to":"lost"`}, overrideMarks...)...) {
			var found []Exception
			if err == nil {
				found, err = f.ofEvent(e, g)
			}
			if err != nil {
				yield(Exception{}, err)
				return
			}
			for _, x := range found {
				if !yield(x, nil) {
					return
				}
			}
		}
	}
}

func (f ExceptionFilter) ofEvent(e Event, g guessing) (found []Exception, err error) {
	if e.Time.Before(f.Since) {
		return nil, nil
	}
	add := func(k ExceptionKind, about string, hours *float64) {
		if f.wants(k) {
			x := e.exception(k, about)
			x.Hours = hours
			found = append(found, x)
		}
	}
	if late, err := e.lateLoss(); err != nil {
		return nil, err
	} else if late > LateLoss {
		hours := late.Hours()
		add(LostLate, fmt.Sprintf("entered %.0f hours after it was reported", hours), &hours)
	}
	if approver := e.Plain[trail.TextApprover]; token.SameName(approver, e.Operator.Name) {
		add(ApprovedAlone, "approved by the operator", nil)
	} else if token.SameName(approver, e.Plain[trail.TextAccount]) {
		add(ApprovedAlone, "approved by the account itself", nil)
	}
	if x, err := g.look(e); err != nil {
		return nil, err
	} else if x != nil && f.wants(ManyRefusals) {
		found = append(found, *x)
	}
	if e.Outcome != trail.Done || !f.wants(Override) {
		return found, nil
	}
	set, err := overrideOf(e)
	if about := e.setAside(set); err == nil && about != "" {
		x := e.exception(Override, about)
		if e.Object.Kind == trail.KindBatch {
			x.Object = set.Object
		}
		found = append(found, x)
	}
	return found, err
}

func (e Event) exception(k ExceptionKind, about string) Exception {
	seq, at := e.Seq, e.Time.UTC()
	x := Exception{Kind: k, Object: e.Object.ID, At: &at, Event: &seq, Operator: &e.Operator.Name, About: about,
		Account: NonZero(e.Plain[trail.TextAccount]), Approver: NonZero(e.Plain[trail.TextApprover]), Reason: NonZero(e.Plain[trail.TextReason])}
	if e.Object.Kind != trail.KindToken {
		x.Object = e.Object.Kind + " " + e.Object.ID
	}
	if e.To != "" {
		x.State = &e.To
	}
	return x
}

// lateLoss is the time from the report of a loss to this event, which enters it;
// zero for any other event.
func (e Event) lateLoss() (time.Duration, error) {
	if e.To != token.Lost || e.From == token.Lost || e.Outcome != trail.Done {
		return 0, nil
	}
	d, err := detailOf[trail.TokenDetail](e)
	if err != nil || d.After == nil || d.After.Loss.Reported.IsZero() {
		return 0, err
	}
	return e.Time.Sub(d.After.Loss.Reported), nil
}

// setAside says which rules a done event set aside; empty: none. What somebody approved
// is one only of commands that compare codes, or by a request: to approve a delivery is
// the ordinary way.
func (e Event) setAside(set OverrideEvent) string {
	var words []string
	for _, k := range set.Kinds {
		if w, is := overrideWords[k]; is {
			words = append(words, w)
		}
	}
	about := listed(words)
	switch {
	case about != "" && moreToldOf[e.Command] && set.About != "":
		return about + ": " + set.About // which names the request too
	case about == "" && (e.Request != 0 || e.Texts[trail.TextApprover] != "" && comparesCodes[e.Command]):
		about = fmt.Sprintf("%s was approved by a second person", e.Command)
	}
	if about != "" && e.Request != 0 {
		about += fmt.Sprintf(", by request %d", e.Request)
	}
	return about
}

var (
	comparesCodes = map[token.Command]bool{token.CmdBind: true, token.CmdCheck: true, token.CmdResync: true, token.CmdUnbind: true, token.CmdReplace: true}
	// moreToldOf are commands whose overrides tell what went in or out.
	moreToldOf    = map[token.Command]bool{token.CmdImport: true, token.CmdProvision: true, token.CmdAuditAccept: true}
	overrideWords = map[OverrideKind]string{
		ByUnlock:       "unlocked after failed attempts",
		ByRelease:      "a token that was stolen was released",
		ByAcceptance:   "a database was taken that did not continue what was seen of it",
		ByClock:        "a time was accepted that lies before the newest event",
		ByPolicy:       "the policy was changed",
		ByCorrection:   "the parameters or the delivery of a batch were corrected",
		ByWithdrawal:   "an import was withdrawn",
		ByWideSearch:   "a token was sought by its codes in the window of pairs",
		ByExchange:     "an import exchanged tokens in stock",
		ByReburning:    "an import gave retired serials new seeds",
		ByPart:         "an import left refused records out",
		ByCompat:       "an import read a weaker dialect",
		ByShortSeeds:   "an import took seeds below 16 bytes",
		ByUnprotection: "an import read a file that nothing protects from change",
		ByPlaintext:    "seeds were handed on in clear text",
	}
)

// guesses are the refused codes of one operator within an hour.
type guesses struct {
	token.Refusals
	tokens map[string]bool
	told   bool
}

// guessing finds operators so many of whose codes were refused within an hour that they
// needed a second person: who guesses at many tokens locks none of them.
type guessing struct {
	limit  int
	by     map[token.Operator]*guesses
	claims map[token.Operator]*claims
}

// claims are the serials that somebody tried to bind within a day, and that are not
// theirs: who finds out so which serials there are has more than one token in hand.
type claims struct {
	since   time.Time
	serials map[string]bool
	told    bool
}

// claimsLooked is how many serials that takes: fewer are mistyped.
const (
	claimsLooked = 5
	claimsSpan   = 24 * time.Hour
)

func newGuessing(r Reader) (g guessing, err error) {
	p, err := token.PolicyOf(r)
	return guessing{p.Refusals, map[token.Operator]*guesses{}, map[token.Operator]*claims{}}, err
}

// look takes the next event; it returns an exception when the limit is reached.
func (g guessing) look(e Event) (*Exception, error) {
	if e.Reason == string(otp.NotTheirs) || e.Reason == string(otp.NoSuchToken) {
		return g.claimed(e), nil
	}
	if len(e.Detail) == 0 || e.Object.Kind != trail.KindToken || e.Reason == trail.ReasonAllOrNothing {
		return nil, nil
	}
	d, err := detailOf[trail.TokenDetail](e)
	if err != nil {
		return nil, err
	}
	who := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}
	mine := g.by[who]
	if mine != nil && d.TakenBack && e.Outcome == trail.Done {
		mine.Refusals = mine.TakenBack(e.Time.UTC())
	}
	if d.After == nil || e.Outcome != trail.Refused {
		return nil, nil
	}
	if at := e.Time.UTC(); mine == nil || mine.At(at).N == 0 {
		mine = &guesses{tokens: map[string]bool{}}
		g.by[who] = mine
	}
	mine.Refusals = mine.Refused(e.Time.UTC())
	mine.tokens[token.Serial(e.Object.ID).Key()] = true
	if mine.told || mine.N < g.limit {
		return nil, nil
	}
	mine.told = true
	return e.ofOperator("%d codes refused within an hour, of %d tokens", mine.N, len(mine.tokens)), nil
}

// claimed takes a claim of a token that is not theirs, or does not exist.
func (g guessing) claimed(e Event) *Exception {
	who, at := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}, e.Time.UTC()
	mine := g.claims[who]
	if mine == nil || at.Sub(mine.since) > claimsSpan {
		mine = &claims{since: at, serials: map[string]bool{}}
		g.claims[who] = mine
	}
	serial := e.Object.ID
	if e.Object.Kind == trail.KindStore {
		serial = e.Texts[trail.TextSerial] // one that was erased was one too
		if typed := e.Plain[trail.TextSerial]; typed != "" {
			serial = typed
		}
	}
	mine.serials[token.Serial(serial).Key()] = true
	if mine.told || len(mine.serials) < claimsLooked {
		return nil
	}
	mine.told = true
	return e.ofOperator("%d serials tried within a day that are not theirs", len(mine.serials))
}

func (e Event) ofOperator(format string, args ...any) *Exception {
	x := e.exception(ManyRefusals, fmt.Sprintf(format, args...))
	x.Object, x.State, x.Account, x.Approver, x.Reason = "operator "+e.Operator.Name, nil, nil, nil, nil
	return &x
}
