package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/token"
)

type keysJSON struct {
	Custodians    []app.Custodian `json:"custodians"`
	CheckpointPub string          `json:"checkpoint_pub"`
}

func newKeyCmd(r *term.Run) *cobra.Command {
	return term.Parent("key", &cobra.Command{
		Use:  "list",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return keyList(ctx, r) }),
	}, newKeyAddCmd(r), newKeyRemoveCmd(r), newKeyRotateCmd(r))
}

func keyList(ctx context.Context, r *term.Run) error {
	custodians, pub, err := r.Config().Keys(ctx)
	if err != nil {
		return err
	}
	if r.JSON {
		return r.PrintJSON(keysJSON{custodians, pub})
	}
	t := r.NewTable("KIND", "ADDED", "PUBLIC KEY").Whole("PUBLIC KEY")
	for _, c := range custodians {
		var added any = c.Added
		if at, err := time.Parse(time.RFC3339, c.Added); err == nil {
			added = at
		}
		if err := t.Add(c.Kind, added, c.Recipient); err != nil {
			return err
		}
	}
	if err := t.Add("checkpoint", "", pub); err != nil {
		return err
	}
	return t.Flush()
}

func newKeyAddCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var paper, only bool
	cmd := &cobra.Command{Use: "add [RECIPIENT]", Args: term.AtMost(1)}
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		if paper == (len(args) == 1) {
			return fault.Errorf(fault.Usage, "name one recipient, or --paper").WithHint("`fob key add --help` shows what a recipient is")
		}
		if paper && only {
			return fault.Errorf(fault.Usage, "--paper and --only do not go together: an identity on paper opens nothing here")
		}
		if only {
			if err := r.Confirm(ctx, *yes, "Remove all custodians but "+args[0]); err != nil {
				return err
			}
		}
		var done app.KeyChange
		if paper {
			done, err = addPaper(ctx, r, words)
		} else {
			done, err = r.Config().AddCustodian(ctx, args[0], only, words)
		}
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(done)
		}
		r.Say("The store has %s now; added: %s %s", term.Count(len(done.Custodians), "custodian"), done.Changed.Kind, done.Changed.Recipient)
		if only {
			r.Remark("Copies of the database from before still open with the identities of their day, and their holders may know the store key: `fob key rotate` makes a new one.")
		}
		r.Remark("The new custodian saves this line as checkpoint.pub, beside their identity: %s", done.CheckpointPub)
		return nil
	})
	cmd.Flags().BoolVar(&paper, "paper", false, "make an identity that is written on paper, shown once on the terminal")
	cmd.Flags().BoolVar(&only, "only", false, "remove all other custodians; the identity has to open it")
	w.Add(cmd)
	return cmd
}

// paperTries is how often a written identity may be typed back.
const paperTries = 3

// addPaper shows a new identity once, and has it typed back from the paper.
func addPaper(ctx context.Context, r *term.Run, words token.Words) (done app.KeyChange, err error) {
	if r.JSON {
		return done, fault.Errorf(fault.Usage, "--json never asks, and a paper identity has to be typed back").WithHint("leave --json out")
	}
	t, err := term.OpenTerminal("a paper identity is shown on the terminal, and never written anywhere else", "run the command on a terminal")
	if err != nil {
		return done, err
	}
	defer t.Close()
	return r.Config().AddPaper(ctx, words, func(identity []byte) error {
		t.Say("Write this down, character by character, in groups of four. It is shown once. Anyone who has it and the database has the seeds.")
		t.Say("")
		for line := range strings.SplitSeq(grouped(string(identity)), "\n") {
			t.Say("    %s", line)
		}
		t.Say("")
		if _, err := t.Ask(ctx, "Enter when it is on the paper; then it goes from the screen"); err != nil {
			return err
		}
		t.Wipe()
		for range paperTries {
			typed, err := t.Ask(ctx, "Type it from the paper; blanks do not count")
			if err != nil {
				return err
			}
			if strings.EqualFold(strings.Join(strings.Fields(typed), ""), string(identity)) {
				t.Wipe() // what was typed is the identity too
				return nil
			}
			t.Say("That is not what was shown%s.", firstDifference(typed, string(identity)))
		}
		return fault.Errorf(fault.NotAllowed, "the paper does not say what was shown; this identity is gone, and nothing was changed").
			WithHint("destroy the paper, and begin again")
	})
}

// grouped sets an identity in groups of four, eight to a line.
func grouped(text string) string {
	var b strings.Builder
	for i, c := range text {
		switch {
		case i == 0:
		case i%32 == 0:
			b.WriteByte('\n')
		case i%4 == 0:
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// firstDifference says where to look, without a character of the identity.
func firstDifference(typed, want string) string {
	typed = strings.ToUpper(strings.Join(strings.Fields(typed), ""))
	for i := range want {
		if i >= len(typed) || typed[i] != want[i] {
			return fmt.Sprintf(": look at group %d", i/4+1)
		}
	}
	return ": something follows it"
}

func newKeyRemoveCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "remove RECIPIENT", Args: term.Exactly("RECIPIENT")}
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		c := r.Config()
		whom, err := c.CustodianToRemove(ctx, args[0])
		if err != nil {
			return err
		}
		if err := r.Confirm(ctx, *yes, fmt.Sprintf("Remove the custodian %s %s, added %s", whom.Kind, whom.Recipient, whom.Added)); err != nil {
			return err
		}
		done, err := c.RemoveCustodian(ctx, args[0], words)
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(done)
		}
		r.Say("The store has %s now; removed: %s %s", term.Count(len(done.Custodians), "custodian"), done.Changed.Kind, done.Changed.Recipient)
		r.Remark("Copies of the database from before still open with that identity, and its holder may know the store key: `fob key rotate` makes a new one.")
		return nil
	})
	w.Add(cmd)
	return cmd
}

func newKeyRotateCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "rotate", Args: term.Exactly()}
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, _ []string) error {
		words, err := w.Words(r)
		if err == nil {
			err = r.ConfirmHere(ctx, *yes, "Encrypt every seed under a new key")
		}
		if err != nil {
			return err
		}
		bar := r.NewProgress("encrypting seeds anew")
		done, err := r.Config().Rotate(ctx, words, bar.Counted)
		bar.Done()
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(done)
		}
		if done.Resumed {
			r.Say("A rotation that was broken off was finished.")
		}
		r.Say("%s encrypted anew under key %d; the old key is gone from this database.", term.Count(done.Seeds, "seed"), done.Key)
		r.Remark("Copies of the database from before still open with the old key, and with the identities of their day.")
		if !done.LogEmptied {
			r.Remark("Somebody still reads an older state: its seals stay in the log until the next command that writes.")
		}
		return nil
	})
	w.Add(cmd)
	return cmd
}
