package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
)

// bulkOptions are the flags of a command that also takes a file of rows.
type bulkOptions struct {
	from, result string
	whole        bool
}

func (o *bulkOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "take rows from this CSV file, - for standard input, in the place of arguments")
	f.StringVar(&o.result, "result", "", "with --from: write what became of each row to this CSV file")
	f.BoolVar(&o.whole, "all-or-nothing", false, "with --from: store every row or none")
}

// args demands the arguments of one token, or none with --from.
func (o *bulkOptions) args(one cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("from") {
			return one(cmd, args)
		}
		return exactly()(cmd, args)
	}
}

// check refuses flags that go with one token only, or with a file only.
func (o *bulkOptions) check(flags *pflag.FlagSet, single ...string) error {
	if !flags.Changed("from") {
		for _, name := range []string{"result", "all-or-nothing"} {
			if flags.Changed(name) {
				return fault.Errorf(fault.Usage, "--%s goes with --from only", name)
			}
		}
		return nil
	}
	if o.from == "" {
		return fault.Errorf(fault.Usage, "--from is empty").WithHint("name a file, or - for standard input")
	}
	for _, name := range single {
		if flags.Changed(name) {
			return fault.Errorf(fault.Usage, "--%s goes with one token, not with --from", name)
		}
	}
	return nil
}

type (
	bulkReader = func(io.Reader) ([]desk.BulkRow, []string, error)
	bulkDoer   = func(*desk.Desk, context.Context, desk.Bulk) error
)

// fromFile does with every row of a file what the command does with one token.
func (r *root) fromFile(ctx context.Context, o *bulkOptions, read bulkReader, do bulkDoer, shown func(desk.Answered) any, words desk.Words, newAccounts bool) (err error) {
	rows, err := r.readRows(o.from, read)
	if err != nil {
		return err
	}
	return r.withDesk(ctx, func(d *desk.Desk) error {
		result, err := newResultFile(o.result)
		if err != nil {
			return err
		}
		out := r.newAnswers(len(rows), shown)
		err = do(d, ctx, desk.Bulk{Rows: rows, Words: words, NewAccount: newAccounts, Whole: o.whole, Answer: func(answers []desk.Answered) error {
			for i := range answers {
				a := &answers[i]
				a.Message, a.Hint = wordedText(a.Message), wordedText(a.Hint)
			}
			return errors.Join(result.add(answers), out.add(answers))
		}})
		return firstError(firstError(err, result.close()), out.end())
	})
}

func (r *root) readRows(path string, read bulkReader) (rows []desk.BulkRow, err error) {
	in := r.streams.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fault.Wrap(fault.Refused, cause(err), "%s cannot be read", path)
		}
		defer file.Close()
		in = file
	}
	rows, notes, err := read(in)
	if err != nil {
		return nil, fileError(path, err)
	}
	for _, n := range notes {
		r.remark("%s: %s", path, n)
	}
	return rows, nil
}

// fileError names the file that an error is about.
func fileError(path string, err error) error {
	return fault.Errorf(fault.KindOf(err), "%s: %v; nothing was changed", path, err).WithAdvice(fault.AdviceOf(err))
}

// answers prints what became of rows as soon as it is settled: a person or a
// script behind a pipe must not lose what is stored.
type answers struct {
	r     *root
	bar   *progress
	done  int
	total int
	shown func(desk.Answered) any
	table *tableWriter // of a pipe
	list  *jsonList

	accepted int
}

func (r *root) newAnswers(total int, shown func(desk.Answered) any) *answers {
	return &answers{r: r, bar: r.newProgress("rows"), total: total, shown: shown, table: r.newTable(), list: r.newJSONList()}
}

func (a *answers) add(rows []desk.Answered) error {
	for _, row := range rows {
		if row.Accepted() {
			a.accepted++
		}
		if err := a.print(row); err != nil {
			return err
		}
	}
	a.done += len(rows)
	if a.r.streams.OutWidth > 0 { // a bar would run into the lines
		return nil
	}
	a.bar.counted(a.done, a.total)
	return a.table.flush()
}

func (a *answers) print(row desk.Answered) error {
	if a.r.json {
		return a.list.add(a.shown(row))
	}
	if a.r.streams.OutWidth == 0 {
		return a.table.add(row.Line, string(row.Row.Serial), string(row.Row.Account), row.Outcome.Outcome, row.Message.String())
	}
	text := fmt.Sprintf("line %d: %s, %s: %s", row.Line, row.Row.Serial, row.Row.Account, outcomeWords(row))
	_, err := fmt.Fprintln(a.r.streams.Out, clean(text))
	return outputError(err)
}

func outcomeWords(row desk.Answered) string {
	switch {
	case row.Accepted():
		return "accepted" + clockWords(row.Outcome)
	case row.Message.IsZero():
		return "not tried"
	}
	return "refused: " + row.Message.String()
}

func (a *answers) end() error {
	a.bar.done()
	if !a.r.json {
		if a.done > 0 {
			a.r.remark("%d of %d rows accepted", a.accepted, a.total)
		}
		return nil
	}
	return a.list.end()
}

// resultFile is the file of --result: readable by its owner alone, never over an
// existing one, made before anything is done. It has a row for every row of the
// input, in the same order; it goes again if no row was answered.
type resultFile struct {
	path string
	file *os.File // nil: nobody asked for one
	csv  *csv.Writer
	rows int
}

func newResultFile(path string) (*resultFile, error) {
	if path == "" {
		return &resultFile{}, nil
	}
	file, err := newFile("--result", path)
	if err != nil {
		return nil, err
	}
	f := &resultFile{path: path, file: file, csv: csv.NewWriter(file)}
	return f, f.csv.Write([]string{"line", "serial", "account", "outcome", "reason", "message", "hint"})
}

// add writes rows through to the system, so that a process that is killed leaves
// them.
func (f *resultFile) add(answers []desk.Answered) error {
	if f.file == nil {
		return nil
	}
	for _, a := range answers {
		reason := ""
		if a.Reason != nil {
			reason = string(*a.Reason)
		}
		row := []string{strconv.Itoa(a.Line), report.GuardCSV(string(a.Row.Serial)), report.GuardCSV(string(a.Row.Account)),
			a.Outcome.Outcome, reason, report.GuardCSV(a.Message.String()), report.GuardCSV(a.Hint.String())}
		if err := f.csv.Write(row); err != nil {
			return rejectError(f.path, err)
		}
	}
	f.rows += len(answers)
	f.csv.Flush()
	if err := f.csv.Error(); err != nil {
		return rejectError(f.path, err)
	}
	return nil
}

func (f *resultFile) close() error {
	if f.file == nil {
		return nil
	}
	if f.rows == 0 {
		return errors.Join(f.file.Close(), os.Remove(f.path))
	}
	f.csv.Flush()
	if err := errors.Join(f.csv.Error(), f.file.Sync(), f.file.Close()); err != nil {
		return rejectError(f.path, err)
	}
	return nil
}

// assignedJSON is what became of one row of a file of assignments.
type assignedJSON struct {
	Line    int     `json:"line"`
	Serial  string  `json:"serial"`
	Account *string `json:"account"`
	Outcome string  `json:"outcome"`
	Reason  *string `json:"reason"`
	Message string  `json:"message"`
	Hint    string  `json:"hint"`
}

func showAssigned(a desk.Answered) any {
	return assignedJSON{a.Line, string(a.Serial), a.Account, a.Outcome.Outcome, (*string)(a.Reason), a.Message.String(), a.Hint.String()}
}

func showBound(a desk.Answered) any { return a }

// withFile is a mover that takes a file of rows as well.
func (m mover) withFile(r *root) *cobra.Command {
	cmd := m.command(r)
	var o bulkOptions
	o.add(cmd)
	one := cmd.RunE
	cmd.Args = o.args(cmd.Args)
	cmd.RunE = r.run(func(ctx context.Context, args []string) error {
		if err := o.check(cmd.Flags(), "receipt", "organisation", "contact"); err != nil {
			return err
		}
		if o.from == "" {
			return one(cmd, args)
		}
		said := func(flag string) string { return cmd.Flag(flag).Value.String() }
		w := wordFlags{reason: said("reason"), ticket: said("ticket"), proof: said("proof"), approver: said("approved-by")}
		words, err := w.words(r)
		if err != nil {
			return err
		}
		return r.fromFile(ctx, &o, desk.ReadAssignments, (*desk.Desk).AssignAll, showAssigned, words, said("new-account") == "true")
	})
	return cmd
}
