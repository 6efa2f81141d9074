package people

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/token"
)

// peopleOptions are the flags of the commands that read a list of people.
type peopleOptions struct {
	people.ListOptions
	term.SaidFlags
	renamed []string
	atLeast int
}

func (o *peopleOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Columns, "columns", "", "`MAP` of columns, by number or header: account=3,status=5")
	f.BoolVar(&o.NoHeader, "no-header", false, "the first row is a person; needs --columns with numbers")
	f.StringVar(&o.Sheet, "sheet", "", "`NAME` of the workbook's sheet to read")
	f.StringArrayVar(&o.ActiveIs, "active-is", nil, "`STATUS` of people who are here; all others left (repeatable)")
	f.StringArrayVar(&o.renamed, "renamed", nil, "an account with a new name: `OLD=NEW` (repeatable)")
	f.IntVar(&o.atLeast, "at-least", -1, "refuse the list unless `N` percent of the accounts stay")
	f.Lookup("at-least").DefValue = strconv.Itoa(people.UsualStay) // -1 says that nothing was said
	o.SaidFlags.Add(cmd)
}

// request reads the list and the flags.
func (o *peopleOptions) request(r *term.Run, flags interface{ Changed(string) bool }, path string) (req people.Reconcile, err error) {
	if flags.Changed("at-least") && (o.atLeast < 0 || o.atLeast > 100) {
		return req, fault.Errorf(fault.Usage, "--at-least %d: percent are from 0 to 100", o.atLeast)
	}
	req.AtLeast = o.atLeast
	if req.Words, err = o.Words(r); err != nil {
		return req, err
	}
	if req.Renamed, err = o.renames(); err != nil {
		return req, err
	}
	o.Now = r.Now()
	in := r.Streams.In
	if path != "-" {
		if f := app.SeedFormat(path); f != "" && o.Columns == "" {
			return req, fault.Errorf(fault.Refused, "%s has seeds of tokens (%s) and is no list of people; nothing was changed", path, f).
				WithHint("`fob import %s` loads it", term.Pasted(path))
		}
		file, err := os.Open(path)
		if err != nil {
			return req, fault.Wrap(fault.Refused, term.Cause(err), "%s cannot be read", path)
		}
		defer file.Close()
		in = file
	}
	if req.List, err = people.ReadList(path, in, o.ListOptions); err != nil {
		return req, term.FileError(path, err)
	}
	return req, nil
}

func (o *peopleOptions) renames() (map[token.Account]token.Account, error) {
	all := map[token.Account]token.Account{}
	for _, text := range o.renamed {
		from, to, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fault.Errorf(fault.Usage, "--renamed %q: write OLD=NEW", term.Clean(text))
		}
		old, err := token.ParseAccount(from)
		if err != nil {
			return nil, err
		}
		if all[old], err = token.ParseAccount(to); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func newAccountImportCmd(r *term.Run) *cobra.Command {
	var o peopleOptions
	cmd := &cobra.Command{
		Use:  "import FILE",
		Args: term.Exactly("the list"),
	}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		req, err := o.request(r, cmd.Flags(), args[0])
		if err != nil {
			return err
		}
		req.Store = true
		return reconcile(ctx, r, req)
	})
	o.add(cmd)
	term.AddYes(cmd)
	return cmd
}

func newReconcileCmd(r *term.Run) *cobra.Command {
	var o peopleOptions
	var apply, unknown bool
	var yes *bool
	cmd := &cobra.Command{
		Use:  "reconcile FILE",
		Args: term.Exactly("the list"),
	}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		req, err := o.request(r, cmd.Flags(), args[0])
		if err != nil {
			return err
		}
		req.Store, req.Tokens, req.Unknown = apply, apply, unknown
		if apply && !*yes {
			req.Confirm = func(would people.Reconciled) error { return confirmReconcile(ctx, r, would) }
		}
		return reconcile(ctx, r, req)
	})
	o.add(cmd)
	cmd.Flags().BoolVar(&apply, "apply", false, "import the list and act on it")
	cmd.Flags().BoolVar(&unknown, "unknown-left", false, "treat accounts that no list ever had as left")
	yes = term.AddYes(cmd)
	return cmd
}

func confirmReconcile(ctx context.Context, r *term.Run, would people.Reconciled) error {
	suspend, set := 0, 0
	for _, t := range would.Tokens {
		switch t.Action {
		case people.ActSuspend:
			suspend++
		case people.ActQuarantine:
			set++
		}
	}
	return r.Confirm(ctx, false, fmt.Sprintf("The list has %s, %d left, %d renamed. Take it in, suspend %s and quarantine %d",
		term.Count(would.Listed, "account"), would.Left, would.Renamed, term.Count(suspend, "token"), set))
}

func reconcile(ctx context.Context, r *term.Run, req people.Reconcile) error {
	return r.WithUseCases(ctx, func(u *app.UseCases) error {
		bar := r.NewProgress("tokens of leavers")
		req.Progress = bar.Counted
		res, err := u.People.Reconcile(ctx, req)
		bar.Done()
		if err != nil && len(res.Rejects) > 0 || fault.KindOf(err) == fault.Refused {
			err = term.FileError(req.List.File, err)
		}
		return cmp.Or(err, printReconciled(r, req, res, err))
	})
}

// printReconciled tells what was found and done, also when it was broken off.
func printReconciled(r *term.Run, req people.Reconcile, res people.Reconciled, err error) error {
	if r.JSON {
		if err != nil && !res.Stored && len(res.Rejects) == 0 {
			return nil // the error says it all
		}
		for i := range res.Rejects {
			res.Rejects[i].Reason = term.WordedText(res.Rejects[i].Reason)
		}
		for i := range res.Tokens {
			res.Tokens[i].Next = term.WordedText(res.Tokens[i].Next)
		}
		return r.PrintJSON(res)
	}
	if err != nil && !res.Stored {
		return nil
	}
	for _, n := range res.Warnings {
		r.Remark("%s: %s", res.File, n)
	}
	t := r.NewTable("SERIAL", "STATE", "ACCOUNT", "WHY", "ACTION", "DONE", "NEXT").Spares("DONE", "STATE")
	for _, x := range res.Tokens {
		if err := t.Add(string(x.Serial), string(x.State), string(x.Account), whyWords(x), x.Action, doneWord(x.Done), nextWords(x)); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	r.Remark("%s: %s", res.File, columnsWords(res.Columns))
	r.Remark("%s", reconciledWords(req, res))
	if n := len(res.WhoLeft); n > 0 {
		more := ""
		if n > shownLeavers {
			more = fmt.Sprintf(" and %d more; `fob account list --left` lists those who had tokens", res.Left-shownLeavers)
		}
		r.Remark("left: %s%s", token.Join(res.WhoLeft[:min(n, shownLeavers)], ", "), more)
	}
	return nil
}

// columnsWords tells what each column was taken for: one that was passed over may be
// the one that tells who left.
func columnsWords(all []people.Column) string {
	var used, ignored []string
	for _, c := range all {
		name := fmt.Sprintf("column %d", c.Column)
		if c.Name != "" {
			name = term.Clean(c.Name)
		}
		switch {
		case c.As == nil:
			ignored = append(ignored, name)
		case strings.EqualFold(*c.As, name):
			used = append(used, name)
		default:
			used = append(used, name+" as "+*c.As)
		}
	}
	words := "columns used: " + strings.Join(used, ", ")
	if len(ignored) > 0 {
		words += "; ignored: " + strings.Join(ignored, ", ")
	}
	return words
}

func whyWords(t people.ReconciledToken) string {
	if t.Why == "renamed" && t.Now != nil {
		return "renamed to " + string(*t.Now)
	}
	return strings.ReplaceAll(t.Why, "_", " ")
}

func doneWord(done bool) string {
	if done {
		return "yes"
	}
	return ""
}

func nextWords(t people.ReconciledToken) string {
	if len(t.Near) == 0 {
		return t.Next.In(term.Wording{})
	}
	return "meant may be " + token.Join(t.Near, ", ") + "; " + t.Next.In(term.Wording{})
}

// shownLeavers is how many of those who left a person is told.
const shownLeavers = 10

func reconciledWords(req people.Reconcile, res people.Reconciled) string {
	if gone := res.Rows - res.Listed - len(res.Rejects); gone > 0 {
		return reconciledFigures(req, res) + fmt.Sprintf("; the file has %s of people who left", term.Count(gone, "row"))
	}
	return reconciledFigures(req, res)
}

func reconciledFigures(req people.Reconcile, res people.Reconciled) string {
	figures := fmt.Sprintf("%s on the list, %d before: %d joined, %d left, %d renamed", term.Count(res.Listed, "account"), res.Before, res.Joined, res.Left, res.Renamed)
	switch {
	case !req.Store:
		return figures + "; nothing was changed: --apply does it"
	case !res.Stored:
		return figures + "; the list is here already"
	case !req.Tokens && len(res.Tokens) > 0:
		return figures + "; `fob reconcile " + term.Pasted(res.File) + " --apply` deals with the tokens"
	}
	return figures
}
