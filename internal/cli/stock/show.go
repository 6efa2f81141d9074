package stock

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
)

func newShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serial, err := term.SerialOf(args[0])
			if err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error {
				t, err := reader.Find(serial)
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

func printFacts(r *term.Run, t report.Token) {
	parameters := fmt.Sprintf("%s %s, %d digits", t.Type, t.Hash, t.Digits)
	if t.Period != nil {
		parameters += fmt.Sprintf(", every %d s", *t.Period)
	}
	seed := "present"
	if !t.SeedPresent {
		seed = "destroyed"
	}
	r.Facts(
		"serial", string(t.Serial), "state", string(t.State), "since", t.StateSince, "account", t.Account,
		"bound", t.BoundAt, "batch", t.Batch, "manufacturer", t.Manufacturer, "model", t.Model, "device", deviceOf(t),
		"codes", parameters, "next counter", nextCounter(t), "T0", epoch(t), "clock", term.DriftWords(t.DriftSeconds),
		"rate", rateWords(t.DriftPPM), "observed", t.ObservedAt, "failures", t.Failures, "locked until", lockWords(t.LockedUntil),
		"loss", lossWords(t), "reported", t.LostReported,
		"location", t.Location, "condition", t.Condition, "not before", t.NotBefore, "not after", t.NotAfter, "imported", t.ImportedAt,
		"seed", seed,
	)
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
