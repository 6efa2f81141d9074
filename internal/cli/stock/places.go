package stock

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

func newLocationRenameCmd(r *term.Run) *cobra.Command {
	return newPlaceCmd(r, "rename PLACE NEW-NAME", term.Exactly("the place", "its new name"), (*desk.Desk).RenamePlace, func(p desk.ChangedPlace) string {
		return fmt.Sprintf("%s is %s now; %s moved with it.", p.Location, *p.RenamedTo, term.Count(len(p.Moved), "token"))
	})
}

func newLocationCloseCmd(r *term.Run) *cobra.Command {
	return newPlaceCmd(r, "close PLACE", term.Exactly("the place"), (*desk.Desk).ClosePlace, func(p desk.ChangedPlace) string {
		return fmt.Sprintf("%s is closed: nothing more comes there.", p.Location)
	})
}

func newLocationOpenCmd(r *term.Run) *cobra.Command {
	return newPlaceCmd(r, "open PLACE", term.Exactly("the place"), (*desk.Desk).OpenPlace, func(p desk.ChangedPlace) string {
		return fmt.Sprintf("%s is open again.", p.Location)
	})
}

// newPlaceCmd is a command about one place.
func newPlaceCmd(r *term.Run, use string, args cobra.PositionalArgs, do func(*desk.Desk, context.Context, desk.PlaceChange) (desk.ChangedPlace, error), words func(desk.ChangedPlace) string) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: use, Args: args}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) (err error) {
		var c desk.PlaceChange
		if c.Name, err = token.ParseLocation(args[0]); err != nil {
			return err
		}
		if len(args) > 1 {
			if c.To, err = token.ParseLocation(args[1]); err != nil {
				return err
			}
		}
		if c.Words, err = w.Words(r); err != nil {
			return err
		}
		return r.WithDesk(ctx, func(d *desk.Desk) error {
			bar := r.NewProgress("moving")
			c.Progress = bar.Counted
			p, err := do(d, ctx, c)
			bar.Done()
			switch {
			case err != nil:
				return err
			case r.JSON:
				return r.PrintJSON(p)
			}
			r.Say("%s", words(p))
			return nil
		})
	})
	w.AddOfTokens(cmd)
	term.AddYes(cmd)
	return cmd
}

// remarkClosed names the places that are closed.
func remarkClosed(ctx context.Context, r *term.Run) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		names, err := d.ClosedPlaces(ctx)
		if len(names) > 0 && !r.JSON {
			r.Remark("closed: %s", strings.Join(names, ", "))
		}
		return err
	})
}
