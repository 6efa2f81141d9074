package audit

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

func newAuditCmd(r *term.Run) *cobra.Command {
	return term.Parent("audit", newAuditLogCmd(r), newAuditVerifyCmd(r), newAuditCheckpointCmd(r), newAuditAcceptCmd(r))
}

func newAuditLogCmd(r *term.Run) *cobra.Command {
	var o logOptions
	cmd := &cobra.Command{
		Use:  "log",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			f, err := o.filter(r.Now())
			if err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error {
				events, err := logged(r, reader, f)
				if err != nil {
					return err
				}
				return printEvents(r, o.remarked(r, events))
			})
		}),
	}
	o.add(cmd)
	return cmd
}

// logged reads the trail. A serial that neither the store nor the trail knows is
// refused: a typing error must not look like a token that nothing happened to.
func logged(r *term.Run, reader report.Reader, f report.EventFilter) (report.EventSeq, error) {
	if f.Account != "" {
		a, err := reader.Account(f.Account) // by a former name too
		switch {
		case err == nil:
			f.Account = token.Account(a.Account.Account)
		case fault.KindOf(err) != fault.NotFound || !named(reader, f.Account): // a refused bind may name one that is nobody's
			return nil, err
		}
	}
	if f.Serial == "" {
		return report.Log(reader, f), nil
	}
	found, unknown := reader.Find(f.Serial)
	if unknown == nil {
		f.Serial = found.Serial
	} else if fault.KindOf(unknown) != fault.NotFound {
		return nil, unknown
	}
	var events []report.Event // of one token: few
	for e, err := range report.Log(reader, f) {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	if len(events) == 0 && unknown != nil {
		return nil, unknown
	}
	return func(yield func(report.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}, nil
}

// named reports whether any event names an account.
func named(reader report.Reader, a token.Account) bool {
	for range reader.Events(report.EventFilter{Account: a}) {
		return true
	}
	return false
}

func printEvents(r *term.Run, events report.EventSeq) error {
	if r.JSON {
		return sheet.WriteJSON(term.Visible(r.Streams.Out), events)
	}
	t := logTable(r)
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := t.Add(logCells(r, e)...); err != nil {
			return err
		}
	}
	return t.Flush()
}

// logTable has for people one column for what an event came to, in the place of the
// three that scripts read.
func logTable(r *term.Run) *term.Table {
	if r.Streams.OutWidth == 0 {
		return r.NewTable("SEQ", "TIME", "OPERATOR", "COMMAND", "OBJECT", "OUTCOME", "FROM", "TO", "ACCOUNT", "TICKET", "REASON", "APPROVER", "NOTE")
	}
	return r.NewTable("SEQ", "TIME", "OPERATOR", "COMMAND", "OBJECT", "OUTCOME", "ACCOUNT", "NOTE", "TICKET", "REASON", "APPROVER").
		Below("TICKET", "APPROVER", "REASON", "NOTE", "ACCOUNT")
}

func logCells(r *term.Run, e report.Event) []any {
	from, to := e.Between()
	outcome := string(e.Outcome)
	if e.Reason != "" {
		outcome += " (" + e.Reason + ")"
	}
	cells := []any{e.Seq, e.Time.Time, e.Operator.Name, string(e.Command), objectWords(r, e)}
	account, ticket, reason, approver := e.Plain[trail.TextAccount], e.Plain[trail.TextTicket], e.Plain[trail.TextReason], e.Plain[trail.TextApprover]
	if r.Streams.OutWidth == 0 {
		return append(cells, outcome, from, to, account, ticket, reason, approver, e.Note())
	}
	if e.Outcome == trail.Done && from != to {
		outcome = strings.TrimSpace(from + " → " + to)
	}
	return append(cells, outcome, account, e.Note(), ticket, reason, approver)
}

// objectWords names what an event is about. On a terminal the end of a UUID has
// to do: its beginning is a time.
func objectWords(r *term.Run, e report.Event) string {
	o := e.Object
	if typed := e.Plain[trail.TextSerial]; typed != "" {
		return "serial " + typed
	}
	if _, err := uuid.Parse(o.ID); err == nil && r.Streams.OutWidth > 0 {
		return o.Kind + " …" + o.ID[len(o.ID)-12:]
	}
	return o.Kind + " " + o.ID
}

// verifyOptions are what the auditor brings along.
type verifyOptions struct{ checkpoint, pub string }

func newAuditVerifyCmd(r *term.Run) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:  "verify",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return auditVerify(ctx, r, &o) }),
	}
	cmd.Flags().StringVar(&o.checkpoint, "checkpoint", "", "`FILE` with a checkpoint that you kept")
	cmd.Flags().StringVar(&o.pub, "pub", "", "the store's public `KEY`, as it was given to you")
	return cmd
}

// open reads the checkpoint, nil without one. A key that came with it would prove nothing, so
// the auditor has to bring it.
func (o *verifyOptions) open() (*trail.Checkpoint, error) {
	if o.checkpoint == "" && o.pub == "" {
		return nil, nil
	}
	if o.checkpoint == "" || o.pub == "" {
		return nil, fault.Errorf(fault.Usage, "--checkpoint and --pub go together: a checkpoint proves something only with the key that you hold")
	}
	signed, err := term.ReadSmall(o.checkpoint, "the checkpoint")
	if err != nil {
		return nil, err
	}
	c, err := trail.OpenCheckpoint(signed, o.pub)
	if err != nil {
		return nil, err
	}
	return &c, nil
}

func auditVerify(ctx context.Context, r *term.Run, o *verifyOptions) error {
	checkpoint, bad := o.open()
	if bad != nil && fault.KindOf(bad) != fault.Integrity {
		return bad
	}
	// Beside a bad checkpoint the trail itself is still worth a look.
	rep, err := r.Config().VerifyTrail(ctx, checkpoint)
	if err != nil {
		return cmp.Or(bad, err)
	}
	switch {
	case bad != nil:
		rep.Problems = append([]string{bad.Error()}, rep.Problems...)
	case rep.Foreign:
		bad = fault.Errorf(fault.Integrity, "%s", rep.Problems[0]).
			WithHint("it says nothing of this store: is it the wrong note, or does --db name another store than you mean?")
	}
	onlyNote := bad != nil && len(rep.Problems) == 1
	switch {
	case r.JSON:
		if rep.Problems == nil {
			rep.Problems = []string{}
		}
		err = r.PrintJSON(verifiedJSON{rep.Events, rep.Head.String(), checkpoint, rep.OK(), rep.Problems, append([]trail.Erasure{}, rep.Erased...)})
	case !onlyNote: // which the error tells
		printVerified(r, rep, checkpoint)
	}
	switch {
	case err != nil || rep.OK():
		return err
	case onlyNote:
		return bad
	}
	if rep.Seen > 0 && len(rep.Problems) == 1 {
		return fault.Errorf(fault.Integrity, "this is an older copy of the store, whole as far as it goes: %d of %d events", rep.Events, rep.Seen).
			WithHint("to verify a backup by itself: %s; if it lies where the store was, put the newest database back", fault.Identity.Is("none"))
	}
	if rep.Ends && len(rep.Problems) == 1 {
		return fault.Errorf(fault.Integrity, "not proven: this database ends before the checkpoint, and is whole as far as it goes").
			WithHint("ask for a copy that was made after %s; if the store itself has no more, its end was cut off", checkpoint.Time.UTC().Format(time.RFC3339))
	}
	return fault.Errorf(fault.Integrity, "the trail or the tables were tampered with or damaged: %s", term.Count(len(rep.Problems), "problem")).
		WithHint("keep this database as it is, and compare it with a backup")
}

func printVerified(r *term.Run, rep trail.Report, c *trail.Checkpoint) {
	for _, p := range rep.Problems {
		r.Say("%s", p)
	}
	for _, e := range rep.Erased {
		r.Say("Event %d erased %s of an account, now %s.", e.Seq, term.Count(e.Texts, "text"), e.Name)
	}
	if rep.OK() {
		r.Say("The trail is whole and the tables agree with it: %s, head %s.", term.Count(int(rep.Events), "event"), rep.Head)
		r.Say("Seeds were not opened: `fob doctor` does that.")
		if c != nil {
			r.Say("It continues the checkpoint of %s (%s).", c.Time.Format("2006-01-02 15:04 UTC"), term.Count(int(c.Seq), "event"))
		}
	}
}

// What commands print under --json, where it is not the result of a use case
// itself.

type verifiedJSON struct {
	Events     int64             `json:"events"`
	Head       string            `json:"head"`
	Checkpoint *trail.Checkpoint `json:"checkpoint"`
	OK         bool              `json:"ok"`
	Problems   []string          `json:"problems"`
	Erased     []trail.Erasure   `json:"erased"` // texts that people had the right to have erased
}
