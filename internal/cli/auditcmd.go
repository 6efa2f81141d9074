package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/audit"
	"fob/internal/report"
	"fob/internal/token"
)

func newAuditCmd(r *root) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the trail",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditLogCmd(r), newAuditVerifyCmd(r))
	return cmd
}

func newAuditLogCmd(r *root) *cobra.Command {
	var serial string
	var limit int
	cmd := &cobra.Command{
		Use:     "log",
		Short:   "Print the trail, oldest event first",
		Example: "  fob audit log --limit 20\n  fob audit log --serial 2600412300001 --json",
		Args:    exactly(),
		RunE: r.run(func(ctx context.Context, _ []string) error {
			if limit < 0 {
				return token.Errorf(token.Usage, "--limit %d: a limit is 1 or more, 0 for none", limit)
			}
			return r.withReports(ctx, func(reader report.Reader) error {
				return r.printEvents(report.Log(reader, report.EventFilter{Serial: token.Serial(serial), Limit: limit}))
			})
		}),
	}
	cmd.Flags().StringVar(&serial, "serial", "", "only events of this token")
	cmd.Flags().IntVar(&limit, "limit", 0, "only the newest so many; 0: all")
	return cmd
}

func (r *root) printEvents(events report.EventSeq) error {
	if r.json {
		return report.WriteEventsJSON(visible(r.streams.Out), events)
	}
	t := r.newTable("SEQ", "TIME", "OPERATOR", "COMMAND", "OBJECT", "OUTCOME", "FROM", "TO", "ACCOUNT", "TICKET")
	for e, err := range events {
		if err != nil {
			return err
		}
		outcome := string(e.Outcome)
		if e.Reason != "" {
			outcome += " (" + e.Reason + ")"
		}
		if err := t.add(e.Seq, e.Time.Time, e.Operator.Name, string(e.Command), e.Object.Kind+" "+e.Object.ID, outcome,
			string(e.From), string(e.To), e.Plain[audit.TextAccount], e.Plain[audit.TextTicket]); err != nil {
			return err
		}
	}
	return t.flush()
}

func newAuditVerifyCmd(r *root) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Verify that the trail is whole",
		Long: `Recompute the hash of every event from its stored bytes and the event before it,
check that no number is missing, that every text is the one that was hashed, and
that the triggers which keep the trail append-only are in place. No identity is
needed; a read-only copy of the database will do.`,
		Example: "  fob audit verify\n  fob audit verify --db /media/copy/fob.db --json",
		Args:    exactly(),
		RunE:    r.run(func(ctx context.Context, _ []string) error { return r.auditVerify(ctx) }),
	}
}

func (r *root) auditVerify(ctx context.Context) error {
	rep, err := r.config().VerifyTrail(ctx)
	if err != nil {
		return err
	}
	if r.json {
		if rep.Problems == nil {
			rep.Problems = []string{}
		}
		err = r.printJSON(struct {
			Events     int64    `json:"events"`
			Head       string   `json:"head"`
			Checkpoint *string  `json:"checkpoint"`
			OK         bool     `json:"ok"`
			Problems   []string `json:"problems"`
		}{rep.Events, rep.Head.String(), nil, rep.OK(), rep.Problems})
	} else {
		r.printVerified(rep)
	}
	if err != nil || rep.OK() {
		return err
	}
	return token.Errorf(token.Integrity, "the trail is not whole: %s", count(len(rep.Problems), "problem")).
		WithHint("keep this database as it is, and compare it with a backup")
}

func (r *root) printVerified(rep audit.Report) {
	for _, p := range rep.Problems {
		r.say("%s", p)
	}
	if rep.OK() {
		r.say("The trail is whole: %s, head %s.", count(int(rep.Events), "event"), rep.Head)
	}
}

// count gives "1 event", "2 events".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
