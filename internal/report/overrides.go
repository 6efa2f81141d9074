package report

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// OverrideKind is what was set aside, or who else it took.
type OverrideKind string

// The kinds of overrides.
const (
	ByApproval     OverrideKind = "approval" // somebody approved it; nothing else is special about it
	ByDeepSearch   OverrideKind = "deep_search"
	ByWideSearch   OverrideKind = "wide_search"
	ByUnlock       OverrideKind = "unlock"
	ByRelease      OverrideKind = "release" // of a token that was stolen
	ByClock        OverrideKind = "clock"
	ByAcceptance   OverrideKind = "accept" // of a database that does not continue what was seen
	ByPolicy       OverrideKind = "policy"
	ByCorrection   OverrideKind = "correction"
	ByWithdrawal   OverrideKind = "withdrawal"
	ByExchange     OverrideKind = "exchange"
	ByReburning    OverrideKind = "reburnt"
	ByPart         OverrideKind = "partial"
	ByCompat       OverrideKind = "compat"
	ByShortSeeds   OverrideKind = "short_seeds"
	ByUnprotection OverrideKind = "unauthenticated"
	ByPlaintext    OverrideKind = "plaintext"
)

// OverrideMeanings explains the kinds, in the order in which help lists them.
func OverrideMeanings() []struct {
	Kind    OverrideKind
	Meaning fault.Text
} {
	return []struct {
		Kind    OverrideKind
		Meaning fault.Text
	}{
		{ByDeepSearch, fault.Textf("codes searched %d hours either way, or %d presses ahead (%s)", otp.DeepSeconds/3600, otp.DeepAhead, fault.Deep)},
		{ByWideSearch, fault.Textf("identify with the window of pairs (%s)", fault.Wide)},
		{ByUnlock, fault.Textf("a token unlocked after failed attempts")},
		{ByRelease, fault.Textf("a token released that was stolen once")},
		{ByClock, fault.Textf("a clock accepted that is behind the newest event")},
		{ByAcceptance, fault.Textf("a database accepted that did not continue what was seen of it")},
		{ByPolicy, fault.Textf("the policy changed")},
		{ByCorrection, fault.Textf("the parameters or the delivery of a batch corrected")},
		{ByWithdrawal, fault.Textf("an import undone")},
		{ByExchange, fault.Textf("an import that exchanged tokens (%s)", fault.Exchange)},
		{ByReburning, fault.Textf("an import that gave retired serials new seeds (%s)", fault.Reburnt)},
		{ByPart, fault.Textf("an import that left refused records out (%s)", fault.Partial)},
		{ByCompat, fault.Textf("an import of a weaker dialect (%s)", fault.Compat)},
		{ByShortSeeds, fault.Textf("an import of seeds below 16 bytes (%s)", fault.ShortSeeds)},
		{ByUnprotection, fault.Textf("an import of a file that nothing protects from change (%s)", fault.Unauthenticated)},
		{ByPlaintext, fault.Textf("seeds handed on without encryption (%s)", fault.Plaintext)},
		{ByApproval, fault.Textf("anything else that somebody approved")},
	}
}

// OverrideFilter selects overrides.
type OverrideFilter struct {
	Period
	Kinds []OverrideKind // none: all
}

// OverrideEvent is an event that took a second person or weakened a check.
type OverrideEvent struct {
	Event    int64          `json:"event"` // its number in the trail; of several slices, the first
	Events   int            `json:"events"`
	At       time.Time      `json:"at"`
	Operator string         `json:"operator"`
	Command  token.Command  `json:"command"`
	Object   string         `json:"object"` // serial, "batch 3", "store"
	Kinds    []OverrideKind `json:"kinds"`
	Outcome  trail.Outcome  `json:"outcome"`
	Approver *string        `json:"approver"` // as typed, unless a request is named
	Reason   *string        `json:"reason"`
	Ticket   *string        `json:"ticket"`
	Account  *string        `json:"account"`
	Tokens   int            `json:"tokens"`
	About    string         `json:"about"`

	begun bool // a rotation that goes on
}

// Overrides streams them in the order of the trail. Slices of one change of a
// batch are one row.
func Overrides(r Reader, f OverrideFilter) Answer[OverrideEvent] {
	return Answer[OverrideEvent]{
		Title:    "Overrides",
		Selected: f.words(),
		Limits: []string{
			"An approver is a name that the operator typed, and nobody verified it, unless a request is named: that one was approved at another account of the system.",
			"A file that was refused as a whole stored nothing and left no event; nor does the trail say of an import that it was tried before.",
			"What is out of the ordinary with tokens and people (expired, locked, leaked, stolen, left, late losses) stands in the report of exceptions, with these overrides as far as they were done.",
			"An import counts as partial when records of its file were refused and the others stored.",
		},
		Columns: []sheet.Column[OverrideEvent]{
			sheet.Col("event", "Event", 9, "Number in the trail; of the first, where there are several: a batch that was changed in slices, a rotation begun and finished", func(x *OverrideEvent) int64 { return x.Event }),
			sheet.Col("at", "Time (UTC)", 20, "When", func(x *OverrideEvent) time.Time { return x.At }),
			sheet.Col("operator", "Operator", 16, "Who did it", func(x *OverrideEvent) string { return x.Operator }),
			sheet.Col("command", "Command", 16, "What was done", func(x *OverrideEvent) token.Command { return x.Command }),
			sheet.Col("object", "Object", 18, "To which token or batch", func(x *OverrideEvent) string { return x.Object }),
			sheet.Col("", "Kind", 16, "Which rule it set aside", func(x *OverrideEvent) string { return kindWords(x.Kinds) }),
			sheet.Col("outcome", "Outcome", 9, "Whether it was done", func(x *OverrideEvent) trail.Outcome { return x.Outcome }),
			sheet.Col("approver", "Approver", 20, "Who approved it; as typed, unless a request is named", func(x *OverrideEvent) *string { return x.Approver }),
			sheet.Col("reason", "Reason", 30, "Why, as typed", func(x *OverrideEvent) *string { return x.Reason }),
			sheet.Col("ticket", "Ticket", 14, "As typed", func(x *OverrideEvent) *string { return x.Ticket }),
			sheet.Col("account", "Account", 28, "Whom it is about", func(x *OverrideEvent) *string { return x.Account }),
			sheet.Col("tokens", "Tokens", 9, "That were changed", func(x *OverrideEvent) int { return x.Tokens }),
			sheet.Col("about", "About", 50, "What more is known", func(x *OverrideEvent) string { return x.About }),
		},
		Spares: []string{"Tokens", "Event"},
		Below:  []string{"About", "Ticket", "Account", "Reason", "Outcome", "Approver"},
		Rows:   Joined(f.rows(r), (*OverrideEvent).takes),
		None:   f.Period.ending(ofKinds("nothing was overridden", f.Kinds)),
	}
}

func (f OverrideFilter) words() string {
	if len(f.Kinds) == 0 {
		return f.Period.words()
	}
	return f.Period.words() + "; " + kindWords(f.Kinds)
}

func kindWords[K ~string](all []K) string {
	return listed(token.Texts(all))
}

func (f OverrideFilter) rows(r Reader) iter.Seq2[OverrideEvent, error] {
	return Mapped(Marked(r, overrideMarks...), func(e Event) (x OverrideEvent, wanted bool, err error) {
		if !f.has(e.Time.Time) {
			return x, false, nil
		}
		x, err = overrideOf(e)
		return x, f.wants(x.Kinds), err
	})
}

// overrideMarks are those of every event that may be one.
var overrideMarks = []string{`"approver":"`, `"deep":true`, `"wide":true`, `"plaintext":true`, `"command":"batch `, MarkOf(token.CmdUnlock), MarkOf(token.CmdClockAccept),
	MarkOf(token.CmdPolicySet), MarkOf(token.CmdAuditAccept), MarkOf(token.CmdImport)}

func (f OverrideFilter) wants(kinds []OverrideKind) bool {
	return len(kinds) > 0 && (len(f.Kinds) == 0 || slices.ContainsFunc(kinds, func(k OverrideKind) bool { return slices.Contains(f.Kinds, k) }))
}

// takes makes one row of the slices in which a batch was changed, and of the two ends of
// a rotation.
func (x *OverrideEvent) takes(next OverrideEvent) bool {
	rotated := x.Command == token.CmdKeyRotate && x.begun && !next.begun
	same := (rotated || strings.HasPrefix(string(x.Command), "batch ")) && x.Command == next.Command && x.Object == next.Object && x.Operator == next.Operator &&
		x.About == next.About && worded(x.Approver) == worded(next.Approver) && worded(x.Reason) == worded(next.Reason)
	if same {
		x.Events, x.Tokens, x.begun = x.Events+1, x.Tokens+next.Tokens, next.begun
	}
	return same
}

func worded(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// overrideOf has no kinds for an ordinary event.
func overrideOf(e Event) (x OverrideEvent, err error) {
	x = OverrideEvent{Event: e.Seq, Events: 1, At: e.Time.UTC(), Operator: e.Operator.Name, Command: e.Command, Object: e.Object.ID,
		Outcome: e.Outcome, Approver: e.text(trail.TextApprover), Reason: e.text(trail.TextReason), Ticket: e.text(trail.TextTicket),
		Account: e.account()}
	if e.Object.Kind == trail.KindStore {
		x.Object = e.Object.Kind
	}
	if x.Kinds, x.About, err = overrideKindsOf(e, &x); err != nil {
		return x, err
	}
	if len(x.Kinds) == 0 && e.Texts[trail.TextApprover] != "" {
		x.Kinds = []OverrideKind{ByApproval}
	}
	if e.Request != 0 {
		x.About = listed(slices.DeleteFunc([]string{x.About, fmt.Sprintf("request %d", e.Request)}, func(s string) bool { return s == "" }))
	}
	if len(x.Kinds) > 0 && e.Outcome == trail.Done && x.Tokens == 0 {
		x.Tokens, err = tokensOf(e)
	}
	return x, err
}

func overrideKindsOf(e Event, x *OverrideEvent) (kinds []OverrideKind, about string, err error) {
	one := func(k OverrideKind) []OverrideKind { return []OverrideKind{k} }
	switch e.Command {
	case token.CmdUnlock:
		return one(ByUnlock), "", nil
	case token.CmdClockAccept:
		d, err := detailOf[trail.ClockDetail](e)
		return one(ByClock), clockNote(d), err
	case token.CmdAuditAccept:
		d, err := detailOf[trail.AcceptDetail](e)
		return one(ByAcceptance), acceptNote(d), err
	case token.CmdPolicySet:
		d, err := detailOf[trail.PolicyDetail](e)
		return one(ByPolicy), policyWords(d.Changes), err
	case token.CmdIdentify:
		d, err := detailOf[trail.SearchDetail](e)
		if !d.Wide {
			return nil, "", err
		}
		return one(ByWideSearch), fmt.Sprintf("%d found among %d", d.Found, d.Searched), err
	case token.CmdBind, token.CmdCheck, token.CmdResync, token.CmdUnbind:
		d, err := detailOf[trail.TokenDetail](e)
		if !d.Deep {
			return nil, "", err
		}
		return one(ByDeepSearch), fmt.Sprintf("%d steps searched", d.Steps), err
	case token.CmdRelease:
		d, err := detailOf[trail.TokenDetail](e)
		if err != nil || d.After == nil || !d.After.WasStolen {
			return nil, "", err
		}
		return one(ByRelease), "it was stolen once", nil
	case token.CmdProvision:
		d, err := detailOf[trail.DeliveryDetail](e)
		if !d.Plain {
			return nil, "", err
		}
		x.Tokens = d.Tokens
		return one(ByPlaintext), "for " + cmp.Or(d.Verifier, d.Target), err
	case token.CmdImport:
		d, err := detailOf[trail.ImportDetail](e)
		x.Object = fmt.Sprintf("batch %d", d.Number)
		return importKinds(d), importWords(d), err
	case token.CmdBatchCorrect:
		d, err := detailOf[trail.CorrectDetail](e)
		x.Object = fmt.Sprintf("batch %d", d.Number)
		return one(ByCorrection), correctWords(d), err
	case token.CmdBatchWithdraw:
		d, err := detailOf[trail.WithdrawDetail](e)
		x.Object = fmt.Sprintf("batch %d", d.Number)
		return one(ByWithdrawal), "", err
	case token.CmdKeyRotate:
		d, err := detailOf[trail.KeysDetail](e)
		x.begun = isBegun(d)
		return nil, "", err
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		d, err := detailOf[trail.SweepDetail](e)
		x.Object = fmt.Sprintf("batch %d", d.Number)
		return nil, "", err
	}
	return nil, "", nil
}

func policyWords(changes []trail.PolicyChange) string {
	words := make([]string, len(changes))
	for i, c := range changes {
		words[i] = fmt.Sprintf("%s: %s → %s", c.Name, usualIfEmpty(c.Old), usualIfEmpty(c.New))
	}
	return listed(words)
}

func usualIfEmpty(s string) string {
	if s == "" {
		return "as usual"
	}
	return s
}

// quoted is a value that a person gave, which may hold any word.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// importKinds reads what an import was allowed: the options stand in its event as
// inventory writes them.
func importKinds(d trail.ImportDetail) (kinds []OverrideKind) {
	options := strings.Fields(quoted.ReplaceAllString(d.Options, ""))
	for _, o := range []struct {
		is   bool
		kind OverrideKind
	}{
		{len(d.Replaced) > 0, ByExchange}, {len(d.Reburnt) > 0, ByReburning}, {d.Refused > 0, ByPart}, {slices.Contains(options, "compat"), ByCompat},
		{slices.Contains(options, "short-seeds"), ByShortSeeds}, {slices.Contains(options, "allow-unauthenticated"), ByUnprotection},
	} {
		if o.is {
			kinds = append(kinds, o.kind)
		}
	}
	return kinds
}

func importWords(d trail.ImportDetail) string {
	words := []string{d.File}
	if n := len(d.Replaced); n > 0 {
		words = append(words, fmt.Sprintf("%d exchanged", n))
	}
	if n := len(d.Reburnt); n > 0 {
		words = append(words, fmt.Sprintf("%d burnt anew (%s)", n, reburntWords(d.Reburnt)))
	}
	if d.Refused > 0 {
		words = append(words, fmt.Sprintf("%d of %d refused", d.Refused, d.Records))
	}
	return listed(words)
}

// reburntWords names some of the tokens whose serials passed on, by what they are called
// since.
func reburntWords(all []trail.Reburnt) string {
	const most = 5
	var words []string
	for i, r := range all {
		if i == most {
			words = append(words, "and more")
			break
		}
		words = append(words, "before: "+string(r.Former))
	}
	return listed(words)
}

func correctWords(d trail.CorrectDetail) string {
	var words []string
	add := func(name string, from, to any) {
		if from != to {
			if from == 0 || from == "" { // nobody had said it
				from = "none"
			}
			words = append(words, fmt.Sprintf("%s: %v → %v", name, from, to))
		}
	}
	if d.Was != nil && d.Now != nil {
		add("ordered", d.Was.Expected, d.Now.Expected)
		add("order", d.Was.Order, d.Now.Order)
		add("supplier", d.Was.Supplier, d.Now.Supplier)
		add("received", d.Was.Received, d.Now.Received)
		return listed(words)
	}
	if len(d.Spans) == 0 {
		return ""
	}
	o, n := d.Spans[0].Old, d.Spans[0].New
	add("type", o.Type, n.Type)
	add("hash", o.Hash, n.Hash)
	add("digits", o.Digits, n.Digits)
	add("period", o.Period, n.Period)
	add("t0", o.T0, n.T0)
	if c := d.Spans[0].NewCounter; c != nil {
		words = append(words, fmt.Sprintf("counter: %d", *c))
	}
	return listed(words)
}
