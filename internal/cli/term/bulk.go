package term

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
	"fob/internal/report/sheet"
)

// BulkOptions are the flags of a command that also takes a file of rows.
type BulkOptions struct {
	From, result string
	whole        bool
}

func (o *BulkOptions) Add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "take rows from this CSV file, - for standard input, in the place of arguments")
	f.StringVar(&o.result, "result", "", "with --from: write what became of each row to this CSV file")
	f.BoolVar(&o.whole, "all-or-nothing", false, "with --from: store every row or none")
}

// Args demands the arguments of one token, or none with --from.
func (o *BulkOptions) Args(one cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("from") {
			return one(cmd, args)
		}
		return Exactly()(cmd, args)
	}
}

// Check refuses flags that go with one token only, or with a file only.
func (o *BulkOptions) Check(flags *pflag.FlagSet, single ...string) error {
	if !flags.Changed("from") {
		for _, name := range []string{"result", "all-or-nothing"} {
			if flags.Changed(name) {
				return fault.Errorf(fault.Usage, "--%s goes with --from only", name)
			}
		}
		return nil
	}
	if o.From == "" {
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

// FromFile does with every row of a file what the command does with one token.
func (r *Run) FromFile(ctx context.Context, o *BulkOptions, read bulkReader, do bulkDoer, shown func(desk.Answered) any, words desk.Words, newAccounts bool) (err error) {
	rows, err := r.readRows(o.From, read)
	if err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		result, err := newResultFile(o.result)
		if err != nil {
			return err
		}
		out := r.newAnswers(len(rows), shown)
		err = do(d, ctx, desk.Bulk{Rows: rows, Words: words, NewAccount: newAccounts, Whole: o.whole, Answer: func(answers []desk.Answered) error {
			for i := range answers {
				a := &answers[i]
				a.Message, a.Hint = WordedText(a.Message), WordedText(a.Hint)
			}
			return errors.Join(result.add(answers), out.add(answers))
		}})
		return FirstError(FirstError(err, result.close()), out.end())
	})
}

func (r *Run) readRows(path string, read bulkReader) (rows []desk.BulkRow, err error) {
	in := r.Streams.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fault.Wrap(fault.Refused, Cause(err), "%s cannot be read", path)
		}
		defer file.Close()
		in = file
	}
	rows, notes, err := read(in)
	if err != nil {
		return nil, FileError(path, err)
	}
	for _, n := range notes {
		r.Remark("%s: %s", path, n)
	}
	return rows, nil
}

// FileError names the file that an error is about.
func FileError(path string, err error) error {
	return fault.Errorf(fault.KindOf(err), "%s: %v; nothing was changed", path, err).WithAdvice(fault.AdviceOf(err))
}

// answers prints what became of rows as soon as it is settled: a person or a
// script behind a pipe must not lose what is stored.
type answers struct {
	r     *Run
	bar   *Progress
	done  int
	total int
	shown func(desk.Answered) any
	table *tableWriter // of a pipe
	list  *jsonList

	accepted int
}

func (r *Run) newAnswers(total int, shown func(desk.Answered) any) *answers {
	return &answers{r: r, bar: r.NewProgress("rows"), total: total, shown: shown, table: r.NewTable(), list: r.NewJSONList()}
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
	if a.r.Streams.OutWidth > 0 { // a bar would run into the lines
		return nil
	}
	a.bar.Counted(a.done, a.total)
	return a.table.Flush()
}

func (a *answers) print(row desk.Answered) error {
	if a.r.JSON {
		return a.list.Add(a.shown(row))
	}
	if a.r.Streams.OutWidth == 0 {
		return a.table.Add(row.Line, string(row.Row.Serial), string(row.Row.Account), row.Outcome.Outcome, row.Message.String())
	}
	text := fmt.Sprintf("line %d: %s, %s: %s", row.Line, row.Row.Serial, row.Row.Account, outcomeWords(row))
	_, err := fmt.Fprintln(a.r.Streams.Out, Clean(text))
	return OutputError(err)
}

func outcomeWords(row desk.Answered) string {
	switch {
	case row.Accepted():
		return "accepted" + ClockWords(row.Outcome)
	case row.Message.IsZero():
		return "not tried"
	}
	return "refused: " + row.Message.String()
}

func (a *answers) end() error {
	a.bar.Done()
	if !a.r.JSON {
		if a.done > 0 {
			a.r.Remark("%d of %d rows accepted", a.accepted, a.total)
		}
		return nil
	}
	return a.list.End()
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
	file, err := NewFile("--result", path)
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
		row := []string{strconv.Itoa(a.Line), sheet.Guard(string(a.Row.Serial)), sheet.Guard(string(a.Row.Account)),
			a.Outcome.Outcome, reason, sheet.Guard(a.Message.String()), sheet.Guard(a.Hint.String())}
		if err := f.csv.Write(row); err != nil {
			return RejectError(f.path, err)
		}
	}
	f.rows += len(answers)
	f.csv.Flush()
	if err := f.csv.Error(); err != nil {
		return RejectError(f.path, err)
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
		return RejectError(f.path, err)
	}
	return nil
}
