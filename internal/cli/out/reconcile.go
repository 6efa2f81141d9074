package out

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/provision"
)

func newVerifierReconcileCmd(r *term.Run) *cobra.Command {
	var columns, sheet string
	var apply bool
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "reconcile NAME FILE", Args: term.Exactly("the verifier's name", "the list")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) (err error) {
		req := provision.Compared{Apply: apply}
		if req.Verifier, err = provision.ParseVerifier(args[0]); err != nil {
			return err
		}
		if req.Words, err = w.Words(r); err != nil {
			return err
		}
		in := r.Streams.In
		if args[1] != provision.Standard {
			f, err := os.Open(args[1])
			if err != nil {
				return fault.Wrap(fault.Refused, term.Cause(err), "the list %s cannot be read", args[1])
			}
			defer f.Close()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, provision.MaxList+1))
		if err != nil {
			return fault.Wrap(fault.Refused, term.Cause(err), "the list %s cannot be read", args[1])
		}
		sum := sha256.Sum256(data)
		req.SHA256 = hex.EncodeToString(sum[:])
		if req.List, err = provision.ReadVerifierList(bytes.NewReader(data), columns, sheet); err != nil {
			return err
		}
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			out, err := u.Out.Reconcile(ctx, req)
			if err != nil {
				return err
			}
			if r.JSON {
				return r.PrintJSON(out)
			}
			return printReconciliation(r, out)
		})
	})
	cmd.Flags().StringVar(&columns, "columns", "", "which `COLUMNS` are what: serial=1,account=2,active=3")
	cmd.Flags().StringVar(&sheet, "sheet", "", "`NAME` of the workbook's sheet to read")
	cmd.Flags().BoolVar(&apply, "apply", false, "close the tasks that the list shows to be closed")
	w.Add(cmd)
	term.AddYes(cmd)
	return cmd
}

func printReconciliation(r *term.Run, out provision.Reconciliation) error {
	t := r.NewTable("FINDING", "SERIAL", "STATE", "ACCOUNT", "ACCOUNT THERE")
	for _, f := range out.Findings {
		if err := t.Add(f.Kind, string(f.Serial), f.State, f.Account, f.There); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	done := "would be closed with --apply"
	if out.Applied {
		done = "closed"
	}
	r.Remark("%s of %s compared, %s; %s %s", term.Count(out.Listed, "token"), out.Verifier, term.Count(len(out.Findings), "finding"),
		term.Count(len(out.Proven), "open task"), done)
	return nil
}
