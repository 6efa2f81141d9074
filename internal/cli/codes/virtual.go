package codes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// virtualOptions are the flags of virtual.
type virtualOptions struct {
	issuer, png, uri string
	digits, period   int
	hash             string
	words            term.SaidFlags
	newAccount       bool
}

func newVirtualCmd(r *term.Run) *cobra.Command {
	var o virtualOptions
	cmd := &cobra.Command{
		Use:  "virtual ACCOUNT",
		Args: term.Exactly("the account"),
		RunE: r.Start(func(ctx context.Context, args []string) error { return virtual(ctx, r, &o, args[0]) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.issuer, "issuer", "", "`NAME` that the app shows (default: the account's domain)")
	f.StringVar(&o.png, "png", "", "write the QR code to this new image `FILE`")
	f.StringVar(&o.uri, "uri", "", "write the key's URI (otpauth://) to this new `FILE`")
	f.IntVar(&o.digits, "digits", otp.AppDigits, "length of a code: 6 or 8")
	f.IntVar(&o.period, "period", otp.AppPeriod, "`SECONDS` that a code is shown: 30 or 60")
	f.StringVar(&o.hash, "hash", string(otp.AppHash), "hash `FUNCTION`: sha1, sha256 or sha512")
	o.words.Add(cmd)
	term.AddNewAccount(cmd, &o.newAccount)
	term.AddYes(cmd)
	return cmd
}

// request checks what was typed, before anything is made.
func (o *virtualOptions) request(cmd *term.Run, account string) (req desk.Virtual, err error) {
	if req.Words, err = o.words.Words(cmd); err != nil {
		return req, err
	}
	if req.Account, err = token.ParseAccount(account); err != nil {
		return req, err
	}
	req.NewAccount = o.newAccount
	req.Issuer = token.UsualIssuer(req.Account)
	if o.issuer != "" {
		if req.Issuer, err = token.ParseIssuer(o.issuer); err != nil {
			return req, err
		}
	}
	req.Params = token.Params{Type: token.TOTP, Digits: o.digits, Period: o.period}
	if req.Params.Hash, err = token.ParseHash(o.hash); err != nil {
		return req, fault.Errorf(fault.Usage, "--hash: %v", err)
	}
	if err = otp.CheckAppParams(req.Params); err != nil {
		return req, err
	}
	for flag, path := range map[string]string{"--png": o.png, "--uri": o.uri} {
		if path == "-" {
			return req, fault.Errorf(fault.Usage, "%s -: a seed is never written to standard output", flag).WithHint("name a new file")
		}
	}
	return req, nil
}

func virtual(ctx context.Context, r *term.Run, o *virtualOptions, account string) error {
	req, err := o.request(r, account)
	if err != nil {
		return err
	}
	if r.JSON {
		return fault.Errorf(fault.Usage, "--json never asks, and nobody knows the code of a key before an app has it").
			WithHint("run it on a terminal, without --json; --png FILE is for a screen that shows no QR code")
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		e, err := d.Enrol(ctx, req)
		if err != nil {
			return err
		}
		defer e.Key.Clear()
		t, err := term.OpenTerminal("the code of the new key has to be asked for",
			"run it on a terminal, where the person is: nobody knows the code of a key before an app has it")
		if err != nil {
			return err
		}
		defer t.Close()
		return enrol(ctx, r, t, o, e)
	})
}

// enrol shows the key and binds it. What was written goes again unless that came
// to its end.
func enrol(ctx context.Context, r *term.Run, t *term.Terminal, o *virtualOptions, e *desk.Enrolment) (err error) {
	drawn, err := drawingOf(t, e, o.png != "" || o.uri != "")
	if err != nil {
		return err
	}
	files, err := o.write(e)
	if err != nil {
		return err
	}
	out, err := askForCodes(ctx, r, t, o, e, drawn, files)
	if err != nil {
		return errors.Join(err, files.remove())
	}
	r.Say("Token %s is bound to %s (software: an authenticator app)%s.", out.Serial, *out.Account, term.ClockWords(out))
	for _, w := range out.Warnings {
		r.Warn("%s", w)
	}
	for _, path := range files {
		r.Remark("%s holds the seed: delete it once it was scanned", path)
	}
	return nil
}

// drawingOf draws the QR code for this terminal, in the smaller of its two forms
// where the usual one does not fit. Where neither does it is empty if there is a
// file instead.
func drawingOf(t *term.Terminal, e *desk.Enrolment, inFile bool) (string, error) {
	columns, rows, err := t.Size()
	if err != nil {
		columns, rows = 0, 0
	}
	var wide, high int
	for _, uri := range []token.Seed{e.Key.URI, e.Key.Brief} {
		code, err := NewQR(uri)
		if err != nil && inFile {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if quiet, ok := code.fits(columns, rows); ok {
			return code.Blocks(quiet, t.Redraws), nil
		}
		wide, high = code.cells(QuietZoneLeast)
	}
	if inFile {
		return "", nil
	}
	return "", fault.Errorf(fault.Usage, "the QR code takes %d columns and %d rows, and this terminal has %d and %d; nothing was changed", wide, high+1, columns, rows).
		WithHint("make the window larger or its letters smaller, or let an image be made: --png FILE")
}

// keyFiles are the paths of what was written.
type keyFiles []string

func (all keyFiles) remove() (err error) {
	for _, path := range all {
		if bad := os.Remove(path); bad != nil {
			err = errors.Join(err, fault.Wrap(fault.Internal, bad, "removing %s, which holds a seed that is worth nothing now", path))
		}
	}
	return err
}

// write makes the files that the flags name.
func (o *virtualOptions) write(e *desk.Enrolment) (files keyFiles, err error) {
	for _, f := range []struct {
		flag, path string
		write      func(io.Writer) error
	}{
		{"--png", o.png, func(w io.Writer) error {
			code, err := NewQR(e.Key.URI)
			if err != nil {
				return err
			}
			return code.writePNG(w)
		}},
		{"--uri", o.uri, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s\n", e.Key.URI.Bytes())
			return err
		}},
	} {
		if f.path == "" {
			continue
		}
		file, err := term.NewFile(f.flag, f.path)
		if err != nil {
			return nil, errors.Join(err, files.remove())
		}
		files = append(files, f.path)
		if err := errors.Join(f.write(file), file.Close()); err != nil {
			return nil, errors.Join(err, files.remove())
		}
	}
	return files, nil
}

// What a terminal of its own screen is told to turn to that and back: so the code
// is gone from sight, and from what can be scrolled back to, when all is over.
const (
	ownScreen   = "\x1b[?1049h\x1b[H\x1b[2J"
	UsualScreen = "\x1b[?1049l"
)

// EnrolTries is how often codes may be wrong before the key is given up: there is
// something then that another try does not mend.
const EnrolTries = 3

// askForCodes shows the key and asks for what the app makes of it.
func askForCodes(ctx context.Context, r *term.Run, t *term.Terminal, o *virtualOptions, e *desk.Enrolment, drawn string, files keyFiles) (out desk.Outcome, err error) {
	if t.Redraws {
		fmt.Fprint(t.Tty, ownScreen)
		defer fmt.Fprint(t.Tty, UsualScreen)
	}
	t.Say("%s, %s: scan this with the authenticator app.", e.Issuer, e.Account)
	fmt.Fprint(t.Tty, drawn)
	if drawn == "" {
		t.Say("The QR code is larger than this terminal: %s.", whereInstead(o, files))
	}
	for try := 1; ; try++ {
		out, err = askCodes(ctx, r, t, e.Converse(), func(q desk.Question) string {
			switch q {
			case desk.CodeNow:
				return "The code that the app shows now"
			case desk.CodeAfterWrong:
				t.Say("That code does not match.")
			}
			return "The next code, when it changes"
		})
		if err == nil || fault.KindOf(err) != fault.CodeRefused {
			return out, err
		}
		if try == EnrolTries {
			return out, fault.Errorf(fault.CodeRefused, "the codes were not those of the new key %d times; nothing is stored", try).
				WithHint("delete the entry in the app and begin anew: every call makes another key")
		}
		t.Say("%v.", refusedWords(out, err))
	}
}

// whereInstead says which file an app gets the key from.
func whereInstead(o *virtualOptions, files keyFiles) string {
	if o.png == "" {
		return "the key's URI, which apps take by hand or as a link, is in " + files[0]
	}
	return "it is in " + files[0]
}

// refusedWords says of refused codes what may be the matter with an app.
func refusedWords(out desk.Outcome, err error) string {
	if out.Reason != nil && *out.Reason == otp.WrongParameters {
		return fmt.Sprintf("%v: this app takes no other parameters than its own", err)
	}
	return "Those are not the codes of this key. Is it the entry that was just made, and is the phone's clock right?"
}
