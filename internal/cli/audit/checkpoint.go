package audit

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
)

func newAuditCheckpointCmd(r *term.Run) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:  "checkpoint",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return checkpoint(ctx, r, out) }),
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "write the note to this new `FILE`")
	return cmd
}

func checkpoint(ctx context.Context, r *term.Run, out string) error {
	signed, head, err := r.Config().Checkpoint(ctx)
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeNew(out, signed); err != nil {
			return err
		}
	}
	switch {
	case r.JSON:
		return r.PrintJSON(checkpointJSON{head.Seq, head.Hash.String(), string(signed)})
	case out != "":
		r.Say("%s: %s, head %s", out, term.Count(int(head.Seq), "event"), head.Hash)
		return nil
	}
	_, err = r.Streams.Out.Write(signed)
	return term.OutputError(err)
}

// writeNew makes a file that did not exist, or none; a checkpoint of last quarter
// must not be overwritten by today's. It is no secret.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if info, _ := os.Stat(path); errors.Is(err, fs.ErrExist) && info != nil && info.IsDir() {
		return term.IsFolder(path)
	}
	if errors.Is(err, fs.ErrExist) {
		return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was written", path).WithHint("name a new file")
	}
	if err == nil {
		err = fill(f, content)
	}
	if err != nil {
		return fault.Wrap(fault.Internal, term.Cause(err), "%s cannot be written", path).WithHint("%s", term.FolderHint(err))
	}
	return nil
}

// fill writes a new file to the disk, and removes it where that takes only a part:
// the next try would find it there already.
func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err = cmp.Or(cmp.Or(err, f.Sync()), f.Close()); err != nil {
		return cmp.Or(err, os.Remove(f.Name()))
	}
	return nil
}

type checkpointJSON struct {
	Events int64  `json:"events"`
	Head   string `json:"head"`
	Note   string `json:"note"`
}
