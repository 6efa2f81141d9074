package report

import (
	"cmp"
	"iter"
	"math"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// OpenTask is a token that a verifier got, and that it should not accept any more.
type OpenTask struct {
	Serial      token.Serial `json:"serial"`
	Verifier    string       `json:"verifier"`
	Target      string       `json:"target"`
	Why         string       `json:"why"` // the state, or unbound
	Hours       float64      `json:"hours"`
	Since       time.Time    `json:"since"`
	Account     *string      `json:"account"` // who had it
	State       token.State  `json:"state"`
	DeliveredAt time.Time    `json:"delivered_at"`
}

// OpenTasks lists what has to be ended at verifiers, the longest open first.
func OpenTasks(r Reader, verifier string, now time.Time) Answer[OpenTask] {
	type row = OpenTask
	selected := "all verifiers"
	if verifier != "" {
		selected = "verifier " + verifier
	}
	return Answer[row]{
		Title:    "Open at verifiers",
		Selected: selected,
		Limits: []string{
			"fob ends nothing at a verifier: it knows which seeds went where, and what became of the tokens since.",
			"A task is closed by anyone who says that it is done there, or by the verifier's own list.",
		},
		Columns: []sheet.Column[row]{
			sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *row) token.Serial { return x.Serial }),
			sheet.Col("verifier", "Verifier", 18, "Who has its seed", func(x *row) string { return x.Verifier }),
			sheet.Col("why", "Why", 12, "Its state, or unbound: its binding ended", func(x *row) string { return x.Why }),
			sheet.Col("hours", "Hours", 10, "How long it has been so", func(x *row) float64 { return x.Hours }),
			sheet.Col("account", "Account", 32, "Who had it", func(x *row) *string { return x.Account }),
			sheet.Col("since", "Since (UTC)", 20, "When it was lost, suspended, retired, or its binding ended", func(x *row) time.Time { return x.Since }),
			sheet.Col("state", "State", 12, "Where it stands now", func(x *row) token.State { return x.State }),
			sheet.Col("target", "Target", 14, "What the verifier is", func(x *row) string { return x.Target }),
			sheet.Col("delivered_at", "Delivered (UTC)", 20, "When the verifier got its seed last", func(x *row) time.Time { return x.DeliveredAt }),
		},
		Spares: []string{"Target", "Delivered (UTC)", "State", "Since (UTC)"},
		Rows:   openTasks(r, verifier, now),
		None:   fault.Textf("nothing is open at %s", cmp.Or(verifier, "a verifier")),
	}
}

// Left says what is left to do at verifiers about tokens that were moved: at those that
// go on accepting one which ended here, and at those where one cannot be used that
// somebody has or can be given.
func Left(r Reader, moved ...token.Token) (left []fault.Text, err error) {
	var ended []int64
	for _, t := range moved {
		if t.State != token.Bound && t.State != token.Assigned {
			ended = append(ended, t.ID)
		}
		if t.State != token.InStock && !t.State.HasAccount() || t.State == token.Suspended {
			continue
		}
		at, err := r.AtVerifiers(t.ID)
		if err != nil {
			return nil, err
		}
		for _, v := range token.NotAs(t.Account, at) {
			if v.EndedAt != nil || t.State != token.InStock { // else it is a task
				left = append(left, fault.Textf("%s", v.Words(t.Serial, t.Account)))
			}
		}
	}
	open, err := stillAt(r, ended)
	for _, x := range open {
		left = append(left, fault.Textf("%s still accepts token %s: end it there, then %s", x.Verifier, x.Serial, fault.Do(token.CmdVerifierDone, x.Verifier, x.Serial)))
	}
	return left, err
}

// stillAt lists the verifiers that have the seeds of some tokens, by their ids, which
// ended here.
func stillAt(r Reader, ended []int64) (open []trail.Task, err error) {
	const few = 20 // beyond them one look at all tasks is less
	if len(ended) <= few {
		for _, id := range ended {
			of, err := r.TasksOf(id)
			if err != nil {
				return nil, err
			}
			open = append(open, of...)
		}
		return open, nil
	}
	wanted := map[int64]bool{}
	for _, id := range ended {
		wanted[id] = true
	}
	tasks, err := r.Tasks("")
	for _, t := range tasks {
		if wanted[t.ID] {
			open = append(open, t)
		}
	}
	return open, err
}

func openTasks(r Reader, verifier string, now time.Time) iter.Seq2[OpenTask, error] {
	return Later(func() (all []OpenTask, err error) {
		tasks, err := r.Tasks(verifier)
		for _, t := range tasks {
			all = append(all, OpenTask{t.Serial, t.Verifier, t.Target, t.Why, math.Round(now.Sub(t.Since).Hours()*10) / 10, t.Since.UTC(), NonZero(t.Account), t.State, t.Delivered.UTC()})
		}
		return all, err
	})
}
