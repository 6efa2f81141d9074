package people

import (
	"cmp"
	"context"
	"slices"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Reconcile is a request to take in a list of people.
type Reconcile struct {
	List    *List
	Renamed map[token.Account]token.Account // old and new names that the list does not tie together
	// AtLeast is how many percent of the accounts of before must stay; below 0 it is
	// as usual.
	AtLeast int
	Store   bool // take the list in; else only compare
	Tokens  bool // and do to the tokens of those who left what is to be done
	Unknown bool // treat accounts that no list ever had as if they had left
	token.Words
	// Confirm is asked once what would be done is known, before anything is; nil:
	// nobody is.
	Confirm  func(Reconciled) error
	Progress func(done, all int) // may be nil
}

// How many percent of the accounts must stay: of those on the list before, and
// where there was none of those that have tokens, of whom nobody knows yet whether
// they are right.
const (
	UsualStay = 90
	FirstStay = 50
)

// Reconciled is what a list came to. Its JSON names are kept for good.
type Reconciled struct {
	File     string            `json:"file"`
	SHA256   string            `json:"sha256"`
	List     *int              `json:"list"` // its number, once it is taken in
	Columns  []Column          `json:"columns"`
	Rows     int               `json:"rows"`
	Listed   int               `json:"listed"` // accounts on it that have not left
	Before   int               `json:"before"` // accounts on the list before
	Staying  int               `json:"staying"`
	Joined   int               `json:"joined"`
	Left     int               `json:"left"`
	WhoLeft  []token.Account   `json:"left_accounts"` // the first thousand of them
	Renamed  int               `json:"renamed"`
	Stored   bool              `json:"stored"`
	Tokens   []ReconciledToken `json:"tokens"`
	Rejects  []Rejected        `json:"rejects"`
	Warnings []string          `json:"warnings"`
}

// ReconciledToken is a token whose account is not among the people of the list, or
// is called otherwise now.
type ReconciledToken struct {
	Serial  token.Serial    `json:"serial"`
	State   token.State     `json:"state"` // as it is
	Account token.Account   `json:"account"`
	Now     *token.Account  `json:"renamed_to"`
	Why     string          `json:"why"`    // left, renamed, passed_on or unknown
	Action  string          `json:"action"` // suspend, quarantine, collect, rename or ask
	Next    fault.Text      `json:"next"`   // what a person has to do
	Near    []token.Account `json:"near"`   // unknown: whom may be meant
	Done    bool            `json:"done"`
}

// What is done about a token.
const (
	ActSuspend    = "suspend"    // bound: it counts for nothing, and anyone who has it gives it back
	ActQuarantine = "quarantine" // assigned: it was on its way, and nobody may bind it unseen
	ActCollect    = "collect"    // suspended already
	ActRename     = "rename"     // it stays with its person
	ActAsk        = "ask"        // nobody knows whose it is
)

// Reconcile compares a list of people with the store and, if so asked, takes it in
// and ends what those who left can do. What was done before an error is in the
// result.
func (g *Registry) Reconcile(ctx context.Context, req Reconcile) (res Reconciled, err error) {
	res = Reconciled{File: req.List.File, SHA256: req.List.SHA256, Rows: len(req.List.People), Tokens: []ReconciledToken{}, WhoLeft: []token.Account{},
		Columns: append([]Column{}, req.List.Columns...), Rejects: []Rejected{}, Warnings: append([]string{}, req.List.Notes...)}
	if len(req.List.Faults) > 0 {
		res.Rejects = req.List.Faults
		return res, listFaults(req.List.Faults)
	}
	c := &reconciling{reg: g, req: req, res: &res}
	if err := g.Store.View(ctx, c.compare); err != nil || !req.Store {
		return res, err
	}
	if req.Confirm != nil && (req.Tokens && len(c.todo) > 0 || !c.plan.empty()) {
		if err := req.Confirm(res); err != nil {
			return res, err
		}
	}
	if c.plan.empty() {
		res.List = &c.plan.head.Number
	} else {
		if err := g.Store.Update(ctx, c.store); err != nil {
			return res, err
		}
		res.Stored, res.List = true, &c.plan.number
		for i := range res.Tokens {
			if t := &res.Tokens[i]; t.Action == ActRename {
				t.Done = true
			}
		}
	}
	if !req.Tokens {
		return res, nil
	}
	return res, c.act(ctx)
}

// reconciling is a list on its way.
type reconciling struct {
	reg  *Registry
	req  Reconcile
	res  *Reconciled
	plan *peoplePlan
	todo []int // tokens of the result that are to be moved
}

// compare finds what the list changes, and whether it can be believed.
func (c *reconciling) compare(r Reader) (err error) {
	if c.req.Store {
		demanded := []token.Command{token.CmdAccountImport}
		if c.req.Tokens {
			demanded = append(demanded, token.CmdSuspend, token.CmdQuarantine)
		}
		for _, by := range demanded {
			if err := desk.Demand(r, by, c.req.Words); err != nil {
				return err
			}
		}
	}
	if err := c.req.List.checkHeading(r); err != nil {
		return err
	}
	byHand := map[int32]token.Account{} // the names of before, by person
	for old, now := range c.req.Renamed {
		i := slices.IndexFunc(c.req.List.People, func(p Person) bool { return p.Account().Key() == now.Key() })
		if i < 0 {
			return fault.Errorf(fault.Refused, "%s: the list has no account %s", renamed(old, now), now)
		}
		c.req.List.People[i].follows(old)
		byHand[int32(i)] = old
	}
	random := c.reg.Desk.Random
	if !c.req.Store {
		random = nil
	}
	if err := r.VouchPeople(); err != nil {
		return err
	}
	c.plan, err = newPeoplePlan(r, c.req.List, c.reg.Desk.Now().UTC(), random)
	p, res := c.plan, c.res
	if err != nil {
		if len(p.faults) > 0 {
			res.Rejects = p.faults
		}
		return err
	}
	res.Listed, res.Before, res.Staying, res.Joined, res.Left, res.Renamed = p.listed, p.before, p.staying, max(0, p.listed-p.staying), p.before-p.staying, p.renamed
	res.WhoLeft = append(res.WhoLeft, p.whoLeft...)
	if err := c.believe(r); err != nil {
		return err
	}
	for i, old := range byHand {
		if p.claims[i].how != byRename && !p.done[[2]string{old.Key(), p.keyOf(i)}] {
			return c.notRenamed(r, old, p.people[i].Account())
		}
	}
	return c.tokens(r)
}

func renamed(old, now token.Account) fault.Text {
	return fault.Textf("%s %s=%s", fault.Renamed, old, now)
}

// notRenamed says why what was said by hand ties nothing together.
func (c *reconciling) notRenamed(r Reader, old, now token.Account) error {
	if i, ok := c.plan.byKey.find([]byte(old.Key())); ok {
		return fault.Errorf(fault.Refused, "%s: %s is still on the list, in line %d", renamed(old, now), old, c.plan.people[i].Line).
			WithHint("is it another person's now? A list with an id for each person tells; else leave %s out. Nothing was changed", fault.Renamed)
	}
	row, err := r.AccountRow(old)
	if err != nil {
		return err
	}
	if row.Name != "" {
		return fault.Errorf(fault.Refused, "%s: the ids of the list say that they are two people", renamed(old, now)).
			WithHint("%s has the ids of before; nothing was changed", fault.Do("account show"))
	}
	return fault.Errorf(fault.NotFound, "there is no account %s to be renamed to %s", old, now).
		WithHint("%s shows them; nothing was changed", fault.Do("account list"))
}

// believe refuses a list that was cut, or that is of other people: a directory that
// was down must not make leavers of everybody.
func (c *reconciling) believe(r Reader) error {
	p := c.plan
	if p.listed == 0 {
		return fault.Errorf(fault.Refused, "the list has nobody: %d rows, none of them active", len(p.people)).
			WithHint("was it cut, or is its status in other words? %s says which one means active", fault.ActiveIs.Is("WORD"))
	}
	before, staying, least, of := p.before, p.staying, UsualStay, "of the list before"
	if p.head.Number == 0 {
		holders, err := r.Holders()
		if err != nil {
			return err
		}
		before, staying, least, of = len(holders), p.activeAmong(holders), FirstStay, "that have tokens"
	}
	if c.req.AtLeast >= 0 {
		least = c.req.AtLeast
	}
	if staying*100 >= least*before {
		return nil
	}
	stay := 100 * staying / before // before is not 0, or nobody could be missing
	cause := "was it cut, or was a directory down?"
	if stay < 20 {
		cause = "it seems to be of another organisation, or of a part of this one."
	}
	return fault.Errorf(fault.NotAllowed, "the list has %d of the %d accounts %s (%d %%); %d %% are needed", staying, before, of, stay, least).
		WithHint("%s Nothing was changed; if so many really left: %s", cause, fault.AtLeast.Is(stay))
}

// tokens finds what those have whom the list does not have, or has under another
// name.
func (c *reconciling) tokens(r Reader) error {
	for _, k := range c.plan.cases {
		held, _, err := r.Holding(k.id)
		if err != nil {
			return err
		}
		near := []token.Account{}
		if k.why == whyUnknown && len(held) > 0 {
			if near, err = c.near(r, k.account); err != nil {
				return err
			}
		}
		for _, h := range held {
			t := ReconciledToken{Serial: h.Serial, State: h.State, Account: k.account, Why: k.why, Near: append([]token.Account{}, near...)}
			if k.now != "" {
				t.Now = &k.now
			}
			if t.Action, t.Next = c.action(k, h); t.Action == ActSuspend || t.Action == ActQuarantine {
				c.todo = append(c.todo, len(c.res.Tokens))
			}
			c.res.Tokens = append(c.res.Tokens, t)
		}
	}
	return nil
}

// near finds whom a mistyped account may mean: on the list that is here, or as far
// as it is stored already.
func (c *reconciling) near(r Reader, a token.Account) (all []token.Account, err error) {
	for _, key := range a.TypingErrors() {
		if i, ok := c.plan.byKey.find([]byte(key)); ok && len(all) < desk.MaxNearAccounts {
			all = append(all, c.plan.people[i].Account())
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return r.NearAccounts(a, desk.MaxNearAccounts)
}

// action is what is to be done about a token. A binding ends only with the token in
// hand or known to be missing, so the safe step is the one that can be taken back.
func (c *reconciling) action(k peopleCase, h Held) (action string, next fault.Text) {
	collect := fault.Textf("when it comes back %s, else %s", fault.Do(token.CmdUnbind, h.Serial, fault.Returned), fault.Missing)
	if h.Software {
		collect = fault.Textf("end it: %s, or with a code that its app shows", fault.Do(token.CmdUnbind, h.Serial, fault.Reason.Is("TEXT")))
	}
	switch {
	case k.why == whyRenamed:
		return ActRename, fault.Textf("nothing: it stays with its person")
	case k.why == whyUnknown && !c.req.Unknown:
		return ActAsk, fault.Textf("whose is it? %s treats it as a leaver's", fault.UnknownLeft)
	case h.State == token.Bound:
		return ActSuspend, collect
	case h.State == token.Assigned:
		return ActQuarantine, fault.Textf("when it is found %s, else %s", fault.Do(token.CmdRelease, h.Serial), fault.Do(token.CmdLost, h.Serial))
	}
	return ActCollect, collect
}

// store takes the list in, under one event.
func (c *reconciling) store(tx Tx) error {
	p := c.plan
	head, err := tx.NewestPeople()
	if err != nil {
		return err
	}
	listed, erased, err := tx.PeopleMark()
	if err != nil {
		return err
	}
	if head.Number != p.head.Number || p.mark != [2]int{listed, erased} {
		return fault.Errorf(fault.NotAllowed, "another list of people was taken in meanwhile, or somebody was erased; nothing was changed").WithHint("run the command again")
	}
	e, err := c.reg.Desk.Author().StoreEvent(token.CmdAccountImport, c.req.Words)
	if err != nil {
		return err
	}
	e.Time.Time = p.now
	detail := trail.ListDetail{Number: p.number, File: p.list.File, SHA256: p.list.SHA256, Listed: p.listed, Gone: p.left,
		Renamed: p.renamed, Contents: p.contents()}
	if err := trail.Record(tx, e, detail); err != nil {
		return err
	}
	return tx.SaveList(trail.ListRow{ListDetail: detail, At: p.now, Seq: e.Seq}, p.changes)
}

// act moves the tokens, some at a time: each with its own event, and what is
// committed is told even if the rest is not.
func (c *reconciling) act(ctx context.Context) error {
	done := 0
	for group := range slices.Chunk(c.todo, desk.GroupRows) {
		var now map[int]token.State
		err := ctx.Err()
		if err == nil {
			err = c.reg.Desk.Store.Update(ctx, func(tx desk.Tx) (err error) { now, err = c.move(tx, group); return err })
		}
		if err != nil {
			kind := fault.KindOf(err)
			if ctx.Err() != nil {
				kind = fault.Interrupted
			}
			return fault.Wrap(kind, err, "the list is taken in and %d of %d tokens are dealt with", done, len(c.todo)).
				WithHint("run the command again: it does the rest")
		}
		for i, state := range now {
			c.res.Tokens[i].State, c.res.Tokens[i].Done = state, true
		}
		if done += len(group); c.req.Progress != nil {
			c.req.Progress(done, len(c.todo))
		}
	}
	return nil
}

// move does with a group of tokens what is to be done, as far as they are still as
// they were when they were looked at, and returns their states.
func (c *reconciling) move(tx desk.Tx, group []int) (now map[int]token.State, err error) {
	now = map[int]token.State{}
	w := c.req.Words
	w.Leaked, w.Stolen = token.No, token.No // its reason is about the list, not about a token
	w.Reason = cmp.Or(w.Reason, "left: not on the list "+c.req.List.File)
	for _, i := range group {
		row := &c.res.Tokens[i]
		t, err := tx.Token(row.Serial)
		if err != nil {
			return nil, err
		}
		if t.State != row.State || t.Account == "" {
			row.Next = fault.Textf("it is %s now: somebody was there first", t.State)
			continue
		}
		change := desk.Change{Serial: t.Serial, By: token.CmdSuspend, To: token.Suspended, Words: w}
		if row.Action == ActQuarantine {
			change.By, change.To = token.CmdQuarantine, token.Quarantined
		}
		if err := c.reg.Desk.MoveIn(tx, &t, change); err != nil {
			return nil, err
		}
		now[i] = t.State
	}
	return now, nil
}
