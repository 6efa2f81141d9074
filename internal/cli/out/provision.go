package out

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/provision"
	"fob/internal/report/certificate"
	"fob/internal/token"
)

// provisionFlags are what is said of a delivery.
type provisionFlags struct {
	target, verifier, out            string
	to, set                          []string
	columns, keyFile, passphraseFile string
	plaintext, skip, noDrift, dryRun bool
	destroy, warned                  bool
	paper                            term.Certificate
	yes                              *bool
	words                            term.SaidFlags
	filter                           term.FilterFlags
}

func (f *provisionFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.target, "for", "", "what the file is for: a `TARGET` of fob help targets")
	fl.StringVar(&f.verifier, "verifier", "", "`NAME` of who gets the seeds (see fob verifier add)")
	fl.StringVarP(&f.out, "out", "o", "", "write this `FILE`; - for standard output")
	fl.StringArrayVar(&f.to, "to", nil, "encrypt for this `RECIPIENT`, or those in a file; repeatable")
	fl.BoolVar(&f.plaintext, "plaintext", false, "write the seeds as they are")
	fl.StringVar(&f.keyFile, "key-file", "", "encrypt a container with the key in this `FILE`")
	fl.StringVar(&f.passphraseFile, "passphrase-file", "", "encrypt a container with the first line of this `FILE`")
	fl.StringVar(&f.columns, "columns", "", "of the target columns: `NAMES` as serial,seed:base32,upn")
	fl.StringArrayVar(&f.set, "set", nil, "a setting of the target, `NAME=VALUE`; repeatable")
	fl.BoolVar(&f.skip, "skip-unfit", false, "leave out what the target cannot hold")
	fl.BoolVar(&f.noDrift, "no-drift", false, "leave out what is known of clocks")
	fl.BoolVar(&f.dryRun, "dry-run", false, "check the tokens, and write nothing")
	fl.BoolVar(&f.destroy, "destroy", false, "destroy the seeds here, in the same transaction")
	f.paper.Add(cmd)
	f.filter.AddPresent(cmd)
	f.words.Add(cmd)
	f.yes = term.AddYes(cmd)
	_ = cmd.RegisterFlagCompletionFunc("for", term.Fixed(targetNames()...)) // fails for a flag that is not there
}

func targetNames() (all []string) {
	for _, t := range app.Targets() {
		all = append(all, t.Name)
	}
	return all
}

func newProvisionCmd(r *term.Run) *cobra.Command {
	var f provisionFlags
	cmd := &cobra.Command{Use: "provision [SERIAL...]"}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		if err := f.check(r, args); err != nil {
			return err
		}
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			if err := f.findTarget(ctx, u); err != nil {
				return err
			}
			req, done, err := f.request(r, args)
			if err != nil {
				return err
			}
			defer done()
			if err := f.confirm(ctx, r, u, req); err != nil {
				return err
			}
			if err := f.paper.Open(); err != nil {
				return err
			}
			bar := r.NewProgress(req.Target.Name)
			req.Progress = bar.Counted
			d, err := u.Out.Provision(ctx, req)
			bar.Done()
			var made certificate.Certificate
			certified := err
			if err == nil && f.paper.Given() {
				made, certified = r.Certify(ctx, certificate.Destroyed{Delivery: *d.ID}, *d.Erasure)
			}
			if certified = f.paper.Finish(r, made, certified); err == nil {
				err = certified
			}
			return f.print(r, req, d, err)
		})
	})
	f.add(cmd)
	return cmd
}

// request reads what was said into what is asked for; done clears what was secret.
func (f *provisionFlags) request(r *term.Run, args []string) (req provision.Request, done func(), err error) {
	now, random := r.Now(), r.Config().Random
	req.Verifier = f.verifier
	if req.Choice, err = f.choice(r, args); err != nil {
		return req, nil, err
	}
	if req.Words, err = f.words.Words(r); err != nil {
		return req, nil, err
	}
	l := app.Leaving{Target: f.target, Columns: f.columns, NoDrift: f.noDrift}
	if l.Set, err = settings(f.set); err != nil {
		return req, nil, err
	}
	if l.Lock, err = f.lock(); err != nil {
		return req, nil, err
	}
	defer l.Lock.Clear()
	if req.Target, req.Options, err = l.Read(random); err != nil {
		return req, nil, err
	}
	if req.Sealer, err = app.SealFor(f.to, now); err != nil {
		return req, nil, err
	}
	req.Name, req.Output = f.out, app.OutFiles{Random: random, Stdout: r.Streams.Out}
	req.Plain, req.Skip, req.DryRun, req.Destroy = f.plaintext, f.skip, f.dryRun, f.destroy
	return req, func() {
		if p := req.Options.Protect; p != nil {
			clear(p.Key)
		}
	}, nil
}

// confirm asks before seeds go for good, and on a terminal before they lie in clear text,
// or go to where their tokens are of no use.
func (f *provisionFlags) confirm(ctx context.Context, r *term.Run, u *app.UseCases, req provision.Request) error {
	if f.dryRun || *f.yes || !f.destroy && !r.AsksHere() {
		return nil
	}
	req.DryRun = true
	d, err := u.Out.Provision(ctx, req)
	if err != nil {
		return f.print(r, req, d, err)
	}
	if d.Behind > 0 && r.AsksHere() {
		f.warn(r, d)
		if err := r.Confirm(ctx, false, fmt.Sprintf("%d of %s will not log in there as it is. Write their seeds all the same", d.Behind, term.Count(d.Tokens, "token"))); err != nil {
			return err
		}
	}
	where := "to " + f.out
	if f.out == provision.Standard {
		where = "to the standard output"
	}
	plain := fmt.Sprintf("in clear text %s, where anyone who reads them can make the codes of these tokens", where)
	n := term.Count(d.Tokens, "token")
	switch {
	case !f.destroy && !f.plaintext:
		return nil
	case !f.destroy:
		return r.Confirm(ctx, false, fmt.Sprintf("Write the seeds of %s %s", n, plain))
	case f.plaintext:
		r.Remark("The seeds go %s.", plain)
	}
	return r.Confirm(ctx, false, fmt.Sprintf("Hand the seeds of %s to %s and destroy them here for good: no code of these tokens can be checked here any more", n, d.Verifier))
}

// findTarget is what the verifier reads, where nobody said it.
func (f *provisionFlags) findTarget(ctx context.Context, u *app.UseCases) (err error) {
	if f.verifier == "" {
		return nil
	}
	if f.verifier, err = provision.ParseVerifier(f.verifier); err != nil || f.target != "" {
		return err
	}
	f.target, err = u.Out.TargetOf(ctx, f.verifier)
	return err
}

// check refuses flags that make no sense together.
func (f *provisionFlags) check(r *term.Run, args []string) error {
	switch {
	case f.target == "" && f.verifier == "":
		return fault.Errorf(fault.Usage, "--for is missing").WithHint("`fob help targets` lists what there is: %s", strings.Join(targetNames(), ", "))
	case f.out == "" && !f.dryRun:
		return fault.Errorf(fault.Usage, "--out is missing").WithHint("name the file to write, or check alone with --dry-run")
	case f.paper.Given() && (!f.destroy || f.dryRun):
		return fault.Errorf(fault.Usage, "--certificate is about seeds that are destroyed").WithHint("--destroy does that")
	case len(args) == 0 && !f.filter.Given():
		return fault.Errorf(fault.Usage, "which tokens?").WithHint("name serials, or select some: --batch 3, --state bound, --account A")
	case len(args) > 0 && f.filter.Given():
		return fault.Errorf(fault.Usage, "serials are named, and flags select others").WithHint("do the one or the other")
	case f.out == provision.Standard && r.Streams.OutWidth > 0:
		return fault.Errorf(fault.Usage, "seeds are not written to a terminal").WithHint("name a file, or send the output somewhere")
	case f.out == provision.Standard && r.JSON:
		return fault.Errorf(fault.Usage, "--json and --out - both want the standard output").WithHint("name a file")
	}
	return nil
}

func (f *provisionFlags) choice(r *term.Run, args []string) (c provision.Choice, err error) {
	for _, a := range args {
		s, err := token.TypedSerial(a)
		if err != nil {
			return c, err
		}
		c.Serials = append(c.Serials, s)
	}
	c.Filter, err = f.filter.Filter(r.Now())
	return c, err
}

func (f *provisionFlags) lock() (l app.Lock, err error) {
	if f.keyFile != "" {
		if l.Key, err = term.ReadSmall(f.keyFile, "the key file"); err != nil {
			return l, err
		}
	}
	l.Passphrase, err = term.PasswordOf(f.passphraseFile)
	return l, err
}

// settings reads NAME=VALUE.
func settings(given []string) (map[string]string, error) {
	all := map[string]string{}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, fault.Errorf(fault.Usage, "--set %q is no setting", term.Clean(text)).WithHint("write NAME=VALUE")
		}
		value, err := token.ParseText("--set "+term.Clean(name), value)
		if err != nil {
			return nil, err
		}
		all[strings.ToLower(name)] = value
	}
	return all, nil
}

// shown is how many misfits and warnings a person is shown.
const shown = 20

// warn tells what is to be known of tokens that fit, once.
func (f *provisionFlags) warn(r *term.Run, d provision.Delivery) {
	if warnings := together(d.Warnings); !f.warned {
		tell(r, warnings, len(warnings)+d.More, func(m provision.Remark) string { return fmt.Sprintf("warning: %s: %s", m.Serial, m.Text) })
		if d.Unseen > 0 {
			r.Warn("fob does not know the clocks of %s yet: one that is more than a step off will not log in there (`fob check` with a displayed code shows where it stands)", term.Count(d.Unseen, "token"))
		}
	}
	f.warned = true
}

// print tells what became of it. What was left out makes an error of a delivery that went
// well.
func (f *provisionFlags) print(r *term.Run, req provision.Request, d provision.Delivery, err error) error {
	if d.Target == "" || provision.Waits(err) { // it was not even begun
		return err
	}
	left := err
	if err == nil {
		left = d.Skipped()
	}
	if r.JSON {
		return cmp.Or(r.PrintJSON(d), cmp.Or(term.Residue(d.Erasure), left))
	}
	tell(r, d.Misfits, d.Unfit, func(m provision.Remark) string { return fmt.Sprintf("%s: %s", m.Serial, m.Text) })
	if err != nil {
		return err
	}
	f.warn(r, d)
	if d.DryRun {
		r.Say("%s can go to %s; nothing was written", term.Count(d.Tokens, "token"), d.Verifier)
		return left
	}
	say := r.Say
	if req.Name == provision.Standard {
		say = r.Remark
	}
	sealed := ""
	for _, f := range d.Files {
		if f.Encrypted == "recipients" {
			sealed = f.File
		}
		if f.About != "" {
			say("%s: %s", f.File, f.About)
			continue
		}
		how := map[string]string{"no": "NOT ENCRYPTED", "key": "encrypted as a container", "recipients": "encrypted for " + strings.Join(d.To, ", ")}[f.Encrypted]
		form := ""
		if f.Form != "" {
			form = f.Form + ", "
		}
		say("%s: %s%s for %s, %s, SHA-256 %s", f.File, form, term.Count(f.Tokens, "token"), d.Verifier, how, f.SHA256)
	}
	if d.Destroyed {
		say("The seeds of %s are destroyed here; the tokens stay in the inventory.", term.Count(d.Tokens, "token"))
	}
	if d.Erasure != nil {
		r.Remark("%s", term.ErasureWords(*d.Erasure))
	}
	if sealed != "" && req.Name != provision.Standard {
		how := "age -d -i KEY-FILE"
		if slices.ContainsFunc(d.To, func(to string) bool { return strings.HasPrefix(to, "OpenPGP") }) {
			how = "gpg -d"
		}
		r.Remark("First decrypt it: %s -o %s", how, term.Pasted(strings.TrimSuffix(sealed, filepath.Ext(sealed)), sealed))
	}
	r.Remark("%s", req.Target.How)
	return cmp.Or(term.Residue(d.Erasure), left)
}

// together makes one remark of those that say the same of several tokens.
func together(all []provision.Remark) (few []provision.Remark) {
	const named = 3
	of := map[string][]string{}
	for _, m := range all {
		if of[m.Text] == nil {
			few = append(few, m)
		}
		of[m.Text] = append(of[m.Text], string(m.Serial))
	}
	for i := range few {
		if serials := of[few[i].Text]; len(serials) > named {
			few[i].Serial = token.Serial(fmt.Sprintf("%s and %d more", strings.Join(serials[:named], ", "), len(serials)-named))
		} else {
			few[i].Serial = token.Serial(strings.Join(serials, ", "))
		}
	}
	return few
}

// tell writes the first of some remarks to standard error.
func tell(r *term.Run, all []provision.Remark, n int, line func(provision.Remark) string) {
	for _, m := range all[:min(shown, len(all))] {
		fmt.Fprintln(r.Streams.Err, term.Clean(line(m)))
	}
	if more := n - min(shown, len(all)); more > 0 {
		fmt.Fprintf(r.Streams.Err, "and %d more; --json lists the first thousand\n", more)
	}
}
