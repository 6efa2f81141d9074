package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// ActivityFilter says what events are counted, and by what.
type ActivityFilter struct {
	Period
	By       []string // of ActivityKeys, in the order of the rows
	Operator string
}

// ActivityKeys are what events can be counted by.
func ActivityKeys() []string { return []string{"operator", "day", "command"} }

// Activity is how much somebody did. What it is not counted by is null.
type Activity struct {
	Operator *string   `json:"operator"`
	UID      *int      `json:"uid"`
	Day      *string   `json:"day"` // UTC
	Command  *string   `json:"command"`
	Done     int       `json:"done"`    // events
	Refused  int       `json:"refused"` // events
	Tokens   int       `json:"tokens"`  // that were changed, each as often as it was
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at"`
}

// Activities counts the trail. What it holds grows with operators, days and
// commands, not with events.
func Activities(r Reader, f ActivityFilter) Answer[Activity] {
	a := Answer[Activity]{
		Title:    "Activity",
		Selected: f.words() + "; by " + strings.Join(f.By, ", "),
		Limits: []string{
			"Who did it is the login that the operating system named, and is as good as the logins of that machine.",
			"Only what changes the store, or tried to with codes, is an event: nobody sees here who looked.",
			"A whole batch is changed in slices of 5,000 tokens, each an event; an import is one event. A rotation of the store key is two, and counts once, when it is finished.",
		},
		Rows: Later(func() ([]Activity, error) { return f.count(r) }),
		None: f.Period.ending("no events"),
	}
	if f.Operator != "" {
		a.None = f.Period.ending("no events of operator " + f.Operator)
	}
	for _, key := range f.By {
		a.Columns = append(a.Columns, activityKeyColumns[key]...)
	}
	a.Columns = append(a.Columns,
		sheet.Col("done", "Done", 8, "Events", func(x *Activity) int { return x.Done }),
		sheet.Col("refused", "Refused", 9, "Events of codes that were refused", func(x *Activity) int { return x.Refused }),
		sheet.Col("tokens", "Tokens", 10, "That were changed, each as often as it was", func(x *Activity) int { return x.Tokens }),
		sheet.Col("first_at", "First (UTC)", 20, "When the first of them was", func(x *Activity) time.Time { return x.FirstAt }),
		sheet.Col("last_at", "Last (UTC)", 20, "When the last of them was", func(x *Activity) time.Time { return x.LastAt }))
	a.Spares = []string{"UID", "First (UTC)", "Last (UTC)"}
	return a
}

var activityKeyColumns = map[string][]sheet.Column[Activity]{
	"operator": {
		sheet.Col("operator", "Operator", 18, "Login name", func(x *Activity) *string { return x.Operator }),
		sheet.Col("uid", "UID", 8, "Its number in the operating system", func(x *Activity) *int { return x.UID }),
	},
	"day":     {sheet.Col("day", "Day", 12, "Day in UTC", func(x *Activity) *string { return x.Day })},
	"command": {sheet.Col("command", "Command", 18, "What was done", func(x *Activity) *string { return x.Command })},
}

// activityKey is what the events of one row share.
type activityKey struct {
	operator, day, command string
	id                     string
}

func (f ActivityFilter) words() string {
	if f.Operator == "" {
		return f.Period.words()
	}
	return f.Period.words() + "; operator " + f.Operator
}

func (f ActivityFilter) count(r Reader) ([]Activity, error) {
	by := map[string]bool{}
	for _, key := range f.By {
		by[key] = true
	}
	rows := map[activityKey]*Activity{}
	err := eachEvent(r, func(e Event) error {
		if !f.has(e.Time.Time) || f.Operator != "" && !strings.EqualFold(f.Operator, e.Operator.Name) {
			return nil
		}
		return countEvent(rows, keyOf(e, by), e)
	})
	if err != nil {
		return nil, err
	}
	var all []Activity
	for k, a := range rows {
		if by["operator"] {
			a.Operator, a.UID = &k.operator, UID(k.id)
		}
		if by["day"] {
			a.Day = &k.day
		}
		if by["command"] {
			a.Command = &k.command
		}
		all = append(all, *a)
	}
	slices.SortFunc(all, f.compare)
	return all, nil
}

// UID is nil of an operator that no operating system vouches for.
func UID(id string) *int {
	if n, err := strconv.Atoi(id); err == nil {
		return &n
	}
	return nil
}

func keyOf(e Event, by map[string]bool) (k activityKey) {
	if by["operator"] {
		k.operator, k.id = e.Operator.Name, e.Operator.ID
	}
	if by["day"] {
		k.day = e.Time.UTC().Format(time.DateOnly)
	}
	if by["command"] {
		k.command = string(e.Command)
	}
	return k
}

func countEvent(rows map[activityKey]*Activity, k activityKey, e Event) error {
	a := rows[k]
	if a == nil {
		a = &Activity{FirstAt: e.Time.UTC()}
		rows[k] = a
	}
	a.LastAt = e.Time.UTC()
	if e.Outcome == trail.Refused {
		a.Refused++
		return nil
	}
	if e.Command == token.CmdKeyRotate {
		if d, err := detailOf[trail.KeysDetail](e); err != nil || isBegun(d) {
			return err // it counts once it is finished
		}
	}
	a.Done++
	n, err := tokensOf(e)
	a.Tokens += n
	return err
}

// tokensOf is how many tokens an event changed.
func tokensOf(e Event) (int, error) {
	if e.Command == token.CmdImport {
		d, err := detailOf[trail.ImportDetail](e)
		return d.New, err
	}
	serials, err := e.Serials()
	return len(serials), err
}

// compare puts rows in the order of what they are counted by, and equals by what
// they are called otherwise.
func (f ActivityFilter) compare(a, b Activity) int {
	of := map[string]int{
		"operator": cmp.Or(compareAt(a.Operator, b.Operator), compareAt(a.UID, b.UID)),
		"day":      compareAt(a.Day, b.Day),
		"command":  compareAt(a.Command, b.Command),
	}
	for _, key := range f.By {
		if of[key] != 0 {
			return of[key]
		}
	}
	return 0
}

func compareAt[T cmp.Ordered](a, b *T) int {
	if a == nil || b == nil {
		return 0
	}
	return cmp.Compare(*a, *b)
}
