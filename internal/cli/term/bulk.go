package term

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/desk"
	"fob/internal/fault"
)

// BulkOptions are the flags of a command that also takes a file of rows.
type BulkOptions struct {
	From, result string
	whole        bool
}

func (o *BulkOptions) Add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.From, "from", "f", "", "read rows from this CSV or workbook `FILE`, - for standard input")
	f.StringVar(&o.result, "result", "", "with --from: write the result of each row to this CSV `FILE`")
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
func (r *Run) FromFile(ctx context.Context, o *BulkOptions, read bulkReader, do bulkDoer, shown func(desk.Answered) any, how desk.Bulk) (err error) {
	rows, err := r.readRows(o.From, read)
	if err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		// It has a row for every row of the input, in the same order.
		result, err := NewCSVFile("--result", o.result, "line", "serial", "account", "outcome", "reason", "message", "hint")
		if err != nil {
			return err
		}
		out := r.newAnswers(len(rows), shown)
		how.Rows, how.Whole, how.Answer = rows, o.whole, func(answers []desk.Answered) error {
			for i := range answers {
				a := &answers[i]
				a.Message, a.Hint = WordedText(a.Message), WordedText(a.Hint)
				reason := ""
				if a.Reason != nil {
					reason = string(*a.Reason)
				}
				if err := result.Add(strconv.Itoa(a.Line), string(a.Row.Serial), string(a.Row.Account), a.Outcome.Outcome, reason,
					messageOf(*a), a.Hint.String()); err != nil {
					return errors.Join(err, out.add(answers))
				}
			}
			return errors.Join(result.Flush(), out.add(answers))
		}
		err = do(d, ctx, how)
		return cmp.Or(cmp.Or(err, result.Close()), out.end())
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
	table *Table // of a pipe
	list  *jsonList

	accepted, already int
}

func (r *Run) newAnswers(total int, shown func(desk.Answered) any) *answers {
	return &answers{r: r, bar: r.NewProgress("rows"), total: total, shown: shown, table: r.NewTable(), list: r.NewJSONList()}
}

func (a *answers) add(rows []desk.Answered) error {
	for _, row := range rows {
		if row.Accepted() {
			a.accepted++
		} else if row.Settled() {
			a.already++
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
		return a.table.Add(row.Line, string(row.Row.Serial), string(row.Row.Account), row.Outcome.Outcome, messageOf(row))
	}
	text := fmt.Sprintf("line %d: %s, %s: %s", row.Line, row.Row.Serial, row.Row.Account, outcomeWords(row))
	_, err := fmt.Fprintln(a.r.Streams.Out, Clean(text))
	return OutputError(err)
}

// messageOf is what a table says of a row: why it was refused, or what is odd all the same.
func messageOf(row desk.Answered) string {
	if row.Accepted() {
		return strings.Join(row.Remarks(), "; ")
	}
	return row.Message.String()
}

func outcomeWords(row desk.Answered) string {
	switch {
	case row.Accepted():
		return strings.Join(append([]string{"accepted" + ClockWords(row.Outcome)}, row.Remarks()...), "; ")
	case row.Settled():
		return "already done: " + row.Message.String()
	case row.Message.IsZero():
		return "not tried"
	}
	return "refused: " + row.Message.String()
}

func (a *answers) end() error {
	a.bar.Done()
	if !a.r.JSON {
		if a.done > 0 {
			already := ""
			if a.already > 0 {
				already = fmt.Sprintf(", %d already done", a.already)
			}
			a.r.Remark("%d of %d rows accepted%s", a.accepted, a.total, already)
		}
		return nil
	}
	return a.list.End()
}
