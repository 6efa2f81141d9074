package targets

import (
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/pskc"
	"fob/internal/token"
)

// Item is one token on its way to a verifier.
type Item struct {
	token.Facts
	Account string     // who has it; empty: nobody
	Object  string     // the account's id in its directory, as the list of people has it
	Seed    token.Seed // handed in for Form.Render alone
	N       int        // which one of its file it is, from 1
	Bytes   int        // the seed's length
	Next    int64      // HOTP: the counter that is expected next
	Used    token.Mark // the last step or counter that was accepted
	Drift   *float64   // where the clock is expected now, in seconds; nil: it was never seen
}

// Steps is the drift in whole steps, 0 where it is not known.
func (i *Item) Steps() int64 {
	if i.Drift == nil || i.Period < 1 {
		return 0
	}
	return int64(math.Round(*i.Drift / float64(i.Period)))
}

// Options are what a person says of what is written.
type Options struct {
	At      time.Time // now
	Random  io.Reader
	Set     map[string]string // settings of the target, the usual ones filled in
	Columns []Column          // of the target columns
	Protect *pskc.Protection  // of a container; nil: it is plain
	NoDrift bool              // leave out what is known of clocks
}

// Form writes tokens in the form that a target reads. Close ends what was written
// and closes nothing else.
type Form interface {
	// Render appends a token as the target reads it, and nothing where it has nothing to
	// say. Several are rendered at a time.
	Render(b []byte, i *Item) ([]byte, error)
	// Write adds what was rendered, one token after the other.
	Write(i *Item, text []byte) error
	Close() error
}

// Need says whether a target has to know whose a token is.
type Need int

// What targets need of accounts.
const (
	NoAccount Need = iota
	MayHave
	MustHave
)

// Setting is something that a target has to be told and that no token knows.
type Setting struct {
	Name, Usual, Meaning string
}

// Target is a kind of verifier.
type Target struct {
	Name, Title string

	// What it can hold; nothing stands for anything that fob knows.
	Types   []token.Type
	Digits  []int
	Hashes  []token.Hash
	Periods []int
	Least   int                          // the shortest period
	Longest int                          // the longest one
	MaxSeed int                          // bytes
	Top     int64                        // the highest counter
	T0      bool                         // any T0 that is a multiple of the period; else 1970 alone
	Serial  func(serial string) string   // what is wrong with one; nil: nothing ever is
	Fits    func(*Item, *Options) string // what else cannot be held

	Account  Need
	Calls    string // what it calls an account
	OneEach  bool   // an account has one token there
	ObjectID bool   // it wants the id that the directory has for the account

	// How a file is made.
	Group    func(*Item, *Options) Group // nil: one file holds all
	Rows     int                         // tokens a file; 0: no limit
	Settings []Setting
	Form     func(io.Writer, *Options) (Form, error)
	Columns  bool    // the operator says which columns
	Keys     []int   // sizes of the keys that it takes for a container; none: it takes no container
	Locked   bool    // a container has to be encrypted
	Beside   *Beside // what is written beside, without seeds

	// What becomes of a token's clock there.
	Drift   string // in which unit it is handed over; empty: it is not
	Window  int64  // steps either way that it allows where no drift is handed over
	Ignored string // what to do there where an older release takes the drift and does not use it
	Widen   string // what widens the window there; empty: nothing does
	Starts  bool   // it counts HOTP tokens from their beginning, whatever was used
	First   int64  // the least counter that it can be told, where that is not 0; its first codes are refused then

	Holds  string // more about what it holds
	How    string // how the file gets in
	Facts  string // where this is known from
	Tested string // with which real program; empty: by its documentation alone
	Schema string // what of that it is held against
}

// Group is a file among several: what its name gets, and its ending and form where
// those are others.
type Group struct {
	Name, Ending string
	Form         func(io.Writer, *Options) (Form, error)
	Is           string // what it is, where the target's files are of several kinds
}

// Beside is a file without seeds that belongs to a delivery.
type Beside struct {
	Group
	About string
	Owned bool // it is of tokens that somebody has, and is not written without any
	Open  func(io.Writer, *Options) Form
}

// Find finds a target by its name.
func Find(name string) (Target, error) {
	wanted := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
	for _, t := range table {
		if t.Name == wanted {
			return t, nil
		}
	}
	return Target{}, fault.Errorf(fault.Usage, "there is no target %q", name).WithHint("there are %s", strings.Join(Names(), ", "))
}

// All are the targets in the order of help.
func All() []Target { return slices.Clone(table) }

// Names are theirs.
func Names() (all []string) {
	for _, t := range table {
		all = append(all, t.Name)
	}
	return all
}

// GroupOf is the file that a token goes into.
func (t *Target) GroupOf(i *Item, o *Options) (g Group) {
	if t.Group != nil {
		g = t.Group(i, o)
	}
	if g.Form == nil {
		g.Form = t.Form
	}
	return g
}

// TakesDrift reports whether what is known of a clock goes along.
func (t *Target) TakesDrift(o *Options) bool {
	column := slices.ContainsFunc(o.Columns, func(c Column) bool { return c.Name == "drift" || c.Name == "drift_steps" })
	return column || t.Drift != "" && !o.NoDrift
}

// Settle fills in the usual settings, and refuses those that the target does not have.
func (t *Target) Settle(given map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for _, s := range t.Settings {
		all[s.Name] = s.Usual
	}
	for name, value := range given {
		if _, known := all[name]; !known {
			return nil, fault.Errorf(fault.Usage, "the target %s has no setting %q", t.Name, name).WithHint("%s", t.settingsWords())
		}
		all[name] = value
	}
	for _, s := range t.Settings {
		if all[s.Name] == "" {
			return nil, fault.Errorf(fault.Usage, "the target %s needs the setting %s: %s", t.Name, s.Name, s.Meaning).
				WithHint("say it with %s", fault.Set.Is(s.Name+"=…"))
		}
	}
	return all, nil
}

func (t *Target) settingsWords() string {
	if len(t.Settings) == 0 {
		return "it has none"
	}
	var all []string
	for _, s := range t.Settings {
		all = append(all, s.Name)
	}
	return "it has " + strings.Join(all, ", ")
}
