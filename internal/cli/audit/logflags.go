package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// logOptions narrow the trail.
type logOptions struct {
	serial, since, until, operator, command, account, ticket, outcome string
	limit                                                             int
}

func (o *logOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.serial, "serial", "", "only events of the token `SERIAL`")
	f.IntVarP(&o.limit, "limit", "n", 0, "only the newest `N` events (default: all)")
	term.AddPeriod(cmd, &o.since, &o.until, "only events")
	f.StringVar(&o.operator, "operator", "", "only what the operator `NAME` did")
	f.StringVar(&o.command, "command", "", "only events of `COMMAND`, as bind or \"batch quarantine\"")
	f.StringVar(&o.account, "account", "", "only events that name `ACCOUNT`, by any name it ever had")
	f.StringVarP(&o.ticket, "ticket", "t", "", "only events with this ticket `NUMBER`")
	f.StringVar(&o.outcome, "outcome", "", "only events that were `done or refused`")
	_ = cmd.RegisterFlagCompletionFunc("outcome", term.Fixed(string(trail.Done), string(trail.Refused))) // fails for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("command", term.Fixed(token.Texts(token.Commands())...))
}

func (o *logOptions) filter(now time.Time) (f report.EventFilter, err error) {
	if o.limit < 0 {
		return f, fault.Errorf(fault.Usage, "--limit %d: a limit is 1 or more, 0 for none", o.limit)
	}
	f = report.EventFilter{Serial: token.Serial(strings.TrimSpace(o.serial)), Limit: o.limit, Operator: strings.TrimSpace(o.operator),
		Command: token.Command(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(o.command, "fob ")))), Outcome: trail.Outcome(strings.ToLower(o.outcome))}
	if f.Period, err = term.ParsePeriod(o.since, o.until, now); err != nil {
		return f, err
	}
	if f.Ticket, err = token.ParseText(fault.Ticket, o.ticket); err != nil {
		return f, err
	}
	if o.account != "" {
		if f.Account, err = token.ParseAccount(o.account); err != nil {
			return f, err
		}
	}
	if f.Command == token.CmdReplace {
		return f, fault.Errorf(fault.Usage, "replace writes no event of its own: it is a lost, unbind or unassign, and a bind")
	}
	if all := token.Commands(); f.Command != "" && !slices.Contains(all, f.Command) {
		names := token.Texts(all)
		return f, fault.Errorf(fault.Usage, "--command %q is no command that the trail has", term.Clean(o.command)).
			WithHint("%sit has %s", meant(string(f.Command), names), strings.Join(names, ", "))
	}
	if f.Outcome != "" && f.Outcome != trail.Done && f.Outcome != trail.Refused {
		return f, fault.Errorf(fault.Usage, "--outcome %q: an event was done or refused", term.Clean(o.outcome))
	}
	return f, nil
}

// meant says which of the names a mistyped word may have been.
func meant(word string, names []string) string {
	if near := term.Nearest(word, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "? "
	}
	return ""
}

// remarked passes events on, and remarks it where the flags select none.
func (o *logOptions) remarked(r *term.Run, events report.EventSeq) report.EventSeq {
	return func(yield func(report.Event, error) bool) {
		none := true
		for e, err := range events {
			none = false
			if !yield(e, err) {
				return
			}
		}
		if o.serial, o.limit = "", 0; none && *o != (logOptions{}) {
			r.Remark("no event matches")
		}
	}
}
