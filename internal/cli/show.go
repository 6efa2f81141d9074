package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/report"
	"fob/internal/token"
)

func newShowCmd(r *root) *cobra.Command {
	return &cobra.Command{
		Use:     "show SERIAL",
		Short:   "Show everything about one token",
		Long:    "Show one token: state, account, parameters, clock, batch. The seed is never\nshown; no identity is needed.",
		Example: "  fob show 2600412300001\n  fob show 2600412300001 --json",
		Args:    exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			serial, err := serialOf(args[0])
			if err != nil {
				return err
			}
			return r.withReports(ctx, func(reader report.Reader) error {
				t, err := reader.Find(serial)
				if err != nil {
					return err
				}
				if r.json {
					return r.printJSON(t)
				}
				r.printFacts(t)
				return nil
			})
		}),
	}
}

func (r *root) printFacts(t report.Token) {
	parameters := fmt.Sprintf("%s %s, %d digits", t.Type, t.Hash, t.Digits)
	if t.Period != nil {
		parameters += fmt.Sprintf(", every %d s", *t.Period)
	}
	seed := "present"
	if !t.SeedPresent {
		seed = "destroyed"
	}
	r.facts(
		"serial", string(t.Serial), "state", string(t.State), "since", t.StateSince, "account", t.Account,
		"bound", t.BoundAt, "batch", t.Batch, "manufacturer", t.Manufacturer, "model", t.Model, "device", deviceOf(t),
		"codes", parameters, "next counter", nextCounter(t), "T0", epoch(t), "clock", driftWords(t.DriftSeconds),
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

// driftWords tells a drift as a person says it.
func driftWords(drift *float64) string {
	if drift == nil {
		return ""
	}
	s, way := math.Round(math.Abs(*drift)), "fast"
	if *drift < 0 {
		way = "slow"
	}
	switch {
	case s == 0:
		return "exact"
	case s < 120:
		return fmt.Sprintf("%.0f s %s", s, way)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min %s", s/60, way)
	}
	return fmt.Sprintf("%.1f h %s", s/3600, way)
}

func rateWords(ppm *float64) string {
	if ppm == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f ppm", *ppm)
}
