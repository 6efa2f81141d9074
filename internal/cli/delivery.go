package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/inventory"
	"fob/internal/token"
)

// keyOptions are the flags for what is wrapped round a seed file.
type keyOptions struct{ app.Keys }

func (o *keyOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.KeyFiles, "key-file", nil, "private key that opens the delivery: OpenPGP, age identity, SSH; may be repeated")
	f.StringArrayVar(&o.PassphraseFiles, "passphrase-file", nil, "file whose first line is a passphrase for the delivery or a key of it; may be repeated")
	f.StringVar(&o.SignedBy, "signed-by", "", "file with the OpenPGP public key that must have signed the delivery")
	for _, flag := range []string{"key-file", "passphrase-file", "signed-by"} {
		_ = cmd.MarkFlagFilename(flag) // only completion needs it
	}
}

// eachMember undoes what is wrapped round a file and calls do for every file in
// it. The keys are read before, so that a pipe among them is read once. A
// refused member does not stop the next; trouble that is no file's own does.
func (r *root) eachMember(ctx context.Context, d *app.Deliveries, path string, do func(app.Member) error) (refused []error, err error) {
	src, done, err := r.source(path)
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
			if token.KindOf(err) != token.Refused {
				return refused, err
			}
			refused = append(refused, err)
		}
	}
	return refused, nil
}

// importPath loads every file that a delivery holds. One that cannot be opened
// has a result too.
func (r *root) importPath(ctx context.Context, d *app.Deliveries, path string, load func(app.Member) (inventory.Imported, error)) (results []inventory.Imported, refused []error, err error) {
	refused, err = r.eachMember(ctx, d, path, func(m app.Member) error {
		res, err := load(m)
		if res.Wrapped = m.Wrapped; err != nil && res.SHA256 == "" {
			// Of several files in JSON it must be seen which was refused, and why.
			res.Warnings = append(res.Warnings, err.Error())
		}
		results = append(results, res)
		return err
	})
	if results == nil {
		results = []inventory.Imported{unread(filepath.Base(path))}
	}
	if err != nil && token.KindOf(err) == token.Refused {
		return results, append(refused, err), nil
	}
	return results, refused, err
}
