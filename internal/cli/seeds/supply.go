package seeds

import (
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/token"
)

// supplyFlags say what was ordered, and what came.
type supplyFlags struct {
	order, supplier, received string
	expect                    int
}

// add makes the flags; expect says what the number of tokens ordered does.
func (o *supplyFlags) add(cmd *cobra.Command, expect string) {
	f := cmd.Flags()
	f.StringVar(&o.order, "order", "", "order `NUMBER`")
	f.StringVar(&o.supplier, "supplier", "", "`NAME` of the supplier")
	f.IntVar(&o.expect, "expect", 0, expect)
	f.StringVar(&o.received, "received", "", "`DATE` of the delivery, as 2026-11-24 or today")
}

// checkExpected refuses a number that nobody orders.
func (o *supplyFlags) checkExpected(given func(flag string) bool) error {
	if o.expect < 0 || o.expect == 0 && given("expect") {
		return fault.Errorf(fault.Usage, "--expect %d: a number of tokens is 1 or more", o.expect)
	}
	return nil
}

func (o *supplyFlags) parse() (s token.Supply, err error) {
	s.Expected = o.expect
	if s.Order, err = token.ParseText("--order", o.order); err != nil {
		return s, err
	}
	if s.Supplier, err = token.ParseText("--supplier", o.supplier); err != nil {
		return s, err
	}
	if o.received != "" {
		if s.Received, err = time.Parse(time.DateOnly, o.received); err != nil {
			return s, fault.Errorf(fault.Usage, "--received %q: write YYYY-MM-DD", term.Clean(o.received))
		}
	}
	return s, nil
}
