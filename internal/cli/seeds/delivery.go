package seeds

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
)

// keyOptions are the flags for what is wrapped round a seed file, or encrypted
// and signed inside.
type keyOptions struct {
	app.Keys
	compat, unauthenticated bool
}

func (o *keyOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.KeyFiles, "key-file", nil, "key `FILE`: OpenPGP, age, SSH; for PSKC also raw, hex, PEM (repeatable)")
	f.StringArrayVar(&o.PassphraseFiles, "passphrase-file", nil, "`FILE` whose first line is a passphrase (repeatable)")
	f.StringVar(&o.SignedBy, "signed-by", "", "`FILE` with the public key or certificate that must have signed it")
	f.BoolVar(&o.compat, "compat", false, "also read faulty forms of PSKC, which prove less")
	f.BoolVar(&o.unauthenticated, "allow-unauthenticated", false, "read encrypted PSKC that no MAC protects from changes")
	for _, flag := range []string{"key-file", "passphrase-file", "signed-by"} {
		_ = cmd.MarkFlagFilename(flag) // only completion needs it
	}
}

// eachMember undoes what is wrapped round a file and calls do for every file in
// it. The keys are read before, so that a pipe among them is read once. A
// refused member does not stop the next; trouble that is no file's own does.
func eachMember(ctx context.Context, r *term.Run, d *app.Deliveries, path string, do func(app.Member) error) (refused []refusal, err error) {
	src, done, err := source(r, path)
	if err != nil {
		return nil, err
	}
	defer done()
	members, done, err := d.Open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, m := range members {
		if err := do(m); err != nil {
			if kind := fault.KindOf(err); kind == fault.KeyTrouble {
				return refused, fault.Wrap(kind, err, "%s", m.Source.Name())
			} else if kind != fault.Refused {
				return refused, err
			}
			refused = append(refused, refusal{m.Source.Name(), err})
		}
	}
	return refused, nil
}

// refusal is why one file of several was refused.
type refusal struct {
	file string
	err  error
}

// In names the file, if the error does not.
func (x refusal) In(w fault.Wording) string {
	text := fault.MessageIn(x.err, w)
	if strings.Contains(text, x.file) {
		return text
	}
	return x.file + ": " + text
}

// Error is In without a front end's words.
func (x refusal) Error() string { return x.In(fault.Plain) }

// allRefused makes one error of those of several files: each with its own next
// step, unless one is for all.
func allRefused(err error, refused []refusal) error {
	switch {
	case err != nil || len(refused) == 0:
		return err
	case len(refused) == 1:
		return fault.Errorf(fault.Refused, "%v", refused[0]).WithAdvice(fault.AdviceOf(refused[0].err))
	}
	shared := fault.AdviceOf(refused[0].err)
	for _, x := range refused {
		if fault.HintOf(x.err) != shared.String() {
			shared = fault.Text{}
		}
	}
	var all fault.Text
	for i, x := range refused {
		said := fault.Textf("%v", x)
		if hint := fault.AdviceOf(x.err); !hint.IsZero() && shared.IsZero() {
			said = fault.Textf("%s (%s)", said, hint)
		}
		if i > 0 {
			said = fault.Textf("%s; and %s", all, said)
		}
		all = said
	}
	return fault.Errorf(fault.Refused, "%d files were refused: %s", len(refused), all).WithAdvice(shared)
}
