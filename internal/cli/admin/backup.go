package admin

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
)

func newBackupCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "backup FILE",
		Args: term.Exactly("the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			b, err := r.Config().Backup(ctx, args[0])
			if err != nil {
				return err
			}
			return printCopied(r, b, "%s: %s, %s, verified", args[0], term.Count(b.Tokens, "token"), term.Count(int(b.Events), "event"))
		}),
	}
}

func printCopied(r *term.Run, b app.Copied, format string, args ...any) error {
	if r.JSON {
		return r.PrintJSON(b)
	}
	r.Say(format, args...)
	t := r.NewTable("PROOF", "VALUE").Whole("VALUE")
	if err := t.Add("SHA-256", b.SHA256); err != nil {
		return err
	}
	if err := t.Add("trail head", b.Head); err != nil {
		return err
	}
	return t.Flush()
}

func newRestoreCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "restore FILE", Args: term.Exactly("the backup")}
	w.Add(cmd)
	term.NeedsApprover(cmd)
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		words, err := w.Words(r)
		c := r.Config()
		if err == nil {
			err = c.MayRestore(args[0], words)
		}
		if err == nil {
			err = r.ConfirmHere(ctx, *yes, "From now on this older state counts: your identity refuses a newer copy of the store until `fob audit accept`. Restore it")
		}
		if err != nil {
			return err
		}
		b, err := c.Restore(ctx, args[0], words)
		if err != nil {
			return err
		}
		since := b.Newest.Format(time.RFC3339)
		r.Warn("what was done after %s is not in this store: bindings, locks, leaks and thefts, and which codes were used", since)
		if b.Missing > 0 {
			r.Warn("%s behind it was seen from here: if the database that has them can still be read, `fob audit log --db FILE --identity none --since %s` lists what to do again",
				term.Count(int(b.Missing), "event"), since)
		}
		if b.Presses > 0 {
			r.Warn("of %s that count presses, codes used since then would be accepted again: resync them, or have them answer two codes", term.Count(b.Presses, "token"))
		}
		return printCopied(r, b, "%s: %s, %s, restored", c.DB, term.Count(b.Tokens, "token"), term.Count(int(b.Events), "event"))
	})
	return cmd
}
