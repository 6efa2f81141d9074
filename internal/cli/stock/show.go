package stock

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

func newShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serial, err := token.TypedSerial(args[0])
			if err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error {
				t, err := report.Tell(reader, serial)
				if err != nil {
					return err
				}
				if r.JSON {
					return r.PrintJSON(t)
				}
				printFacts(r, t)
				return nil
			})
		}),
	}
}

func printFacts(r *term.Run, told report.Told) {
	t := told.Token
	parameters := fmt.Sprintf("%s %s, %d digits", t.Type, t.Hash, t.Digits)
	if t.Period != nil {
		parameters += fmt.Sprintf(", every %d s", *t.Period)
	}
	seed := "present"
	if !t.SeedPresent {
		seed = "destroyed"
	}
	facts := []any{"serial", string(t.Serial), "state", string(t.State), "since", t.StateSince}
	facts = append(facts, causeFacts(told)...)
	facts = append(facts, "account", t.Account, "last account", told.LastAccount, "replaced by", told.ReplacedBy,
		"bound", t.BoundAt, "batch", t.Batch, "manufacturer", t.Manufacturer, "model", t.Model, "device", deviceOf(t),
		"codes", parameters, "next counter", nextCounter(t), "T0", epoch(t), "clock", term.DriftWords(t.DriftSeconds),
		"rate", rateWords(t.DriftPPM), "observed", t.ObservedAt, "failures", t.Failures, "locked until", lockWords(t.LockedUntil),
		"loss", lossWords(t), "reported", t.LostReported, "stolen", sinceEvent(told.Theft), "leaked", sinceEvent(told.Leak), "exchanged", sinceEvent(told.Exchange),
		placeName(r, t), t.Location, "condition", t.Condition, "not before", t.NotBefore, "not after", t.NotAfter, "imported", t.ImportedAt,
		"seed", seed, "seed went to", strings.Join(t.ExportedTo, ", "))
	for _, v := range told.Verifiers {
		facts = append(facts, "there", v.Fact("it"))
	}
	for _, l := range told.OfBatch {
		facts = append(facts, "batch event", l)
	}
	if told.Older {
		facts = append(facts, "before", "`fob audit log --serial "+term.Pasted(string(t.Serial))+"`")
	}
	for _, l := range told.Events {
		facts = append(facts, "event", l)
	}
	for i := 1; i < len(facts); i += 2 {
		if l, is := facts[i].(report.Line); is {
			facts[i] = lineWords(r, l)
		}
	}
	r.Facts(facts...)
}

// causeFacts say who brought the token into its state, and why.
func causeFacts(t report.Told) []any {
	c := t.Cause
	if c == nil {
		return nil
	}
	return []any{"by", c.Operator, "with", string(c.Command), "reason", c.Reason, "ticket", c.Ticket, "approver", c.Approver}
}

// sinceEvent says when something was first told of a token that is never forgotten.
func sinceEvent(l *report.Line) any {
	if l == nil {
		return nil
	}
	return *l
}

// lineWords is an event in a line.
func lineWords(r *term.Run, l report.Line) string {
	words := []string{r.TimeWords(l.At), string(l.Command)}
	if l.Outcome != trail.Done {
		words[1] += " refused"
		if l.Refusal != nil {
			words[1] += ": " + *l.Refusal
		}
	} else if l.From == "" && l.To != "" {
		words = append(words, l.To)
	} else if l.From != l.To {
		words = append(words, l.From+" → "+l.To)
	}
	if l.Note != nil {
		words = append(words, *l.Note)
	}
	if l.Account != nil {
		words = append(words, *l.Account)
	}
	words = append(words, "by "+l.Operator)
	if l.Approver != nil {
		words = append(words, "approved by "+*l.Approver)
	}
	if l.Ticket != nil {
		words = append(words, *l.Ticket)
	}
	if l.Reason != nil {
		words = append(words, strconv.Quote(*l.Reason))
	}
	return words[0] + " " + strings.Join(words[1:], ", ")
}

// placeName is what a token's place is to a person: of one that lies in no drawer, where
// it was sent from.
func placeName(r *term.Run, t report.Token) string {
	if r.Streams.OutWidth == 0 || t.State == token.InStock || t.State == token.Quarantined {
		return "location"
	}
	return "sent from"
}

// nextCounter says so of an HOTP token that has none any more.
func nextCounter(t report.Token) any {
	if t.Type == token.HOTP && t.Counter == nil {
		return "none: it has reached its end"
	}
	return t.Counter
}

// lockWords is when a lock ends, or what ends it.
func lockWords(ends *time.Time) any {
	if ends != nil && ends.Equal(token.Forever) {
		return "`fob unlock`"
	}
	return ends
}

func lossWords(t report.Token) string {
	switch {
	case t.Stolen:
		return "stolen"
	case t.LostReported != nil:
		return "lost"
	}
	return ""
}

// epoch is shown only where it is not the usual one.
func epoch(t report.Token) any {
	if t.T0 == nil || t.T0.Unix() == 0 {
		return nil
	}
	return *t.T0
}

func rateWords(ppm *float64) string {
	if ppm == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f ppm", *ppm)
}
