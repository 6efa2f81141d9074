// Package demo makes what the pages are tried out with: a throw-away store in a folder
// of its own, with sample tokens, and what these would display to the people who have
// them in hand. Nothing of it outlives the demo.
package demo

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/otp"
	"fob/internal/people"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/web"
)

// drifts are how far the clocks of the sample tokens are off, in seconds. Of the one
// that is 15 minutes slow one code is not enough.
var drifts = []float64{4, -70, 21, -900, 0, 130, -12, 45, 3, -33, 8, 64}

const seedBytes = 20

var params = token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}

// Pocket is the throw-away store with its tokens.
type Pocket struct {
	dir    string
	Config app.Config
	tokens []sample
}

type sample struct {
	serial token.Serial
	seed   token.Seed
	drift  float64
}

// New makes the store and its tokens in a new folder.
func New(ctx context.Context, base app.Config) (p *Pocket, err error) {
	dir, err := os.MkdirTemp("", "fob-demo-")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a folder for the demo")
	}
	p = &Pocket{dir: dir, Config: base}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Remove())
		}
	}()
	for _, folder := range []string{"store", "keys"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "making a folder for the demo")
		}
	}
	p.Config.DB, p.Config.Identity = filepath.Join(dir, "store", "fob.db"), filepath.Join(dir, "keys", "identity.txt")
	p.Config.Anchors, p.Config.Memory, p.Config.Prompter = "", "", nil
	p.Config.Operator = token.Operator{Kind: token.OperatorService, Name: "demo"}
	if _, err := p.Config.Init(ctx, app.Founding{}); err != nil {
		return nil, err
	}
	u, err := p.Config.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, u.Close()) }()
	if err := p.fill(ctx, u); err != nil {
		return nil, err
	}
	return p, nil
}

// fill imports the tokens, and gives some away.
func (p *Pocket) fill(ctx context.Context, u *app.UseCases) error {
	var file strings.Builder
	for i, drift := range drifts {
		key := make([]byte, seedBytes)
		if _, err := io.ReadFull(p.Config.Random, key); err != nil {
			return fault.Wrap(fault.Internal, err, "making a seed")
		}
		s := sample{token.Serial(fmt.Sprintf("26004123%05d", i+1)), token.NewSeed(key), drift}
		fmt.Fprintf(&file, "%s,%s\n", s.serial, hex.EncodeToString(key))
		p.tokens = append(p.tokens, s)
	}
	src, err := seedfile.Spool(strings.NewReader(file.String()), "sample.csv", p.dir, p.Config.Random)
	if err != nil {
		return err
	}
	defer src.Close()
	req := intake.Import{Source: src, NewLocation: true, Supply: token.Supply{Order: "PO-1", Supplier: "Sample", Location: "Head office/Cabinet 1"},
		Fill: intake.Fill{Given: seedfile.SetOf(seedfile.FieldType, seedfile.FieldDigits, seedfile.FieldPeriod, seedfile.FieldHash), Params: params, Manufacturer: "Sample", Model: "S-1"}}
	if req.Format, _, err = app.FindFormat(src, "hex-csv", req.Options); err != nil {
		return err
	}
	if _, err := u.Intake.Import(ctx, req); err != nil {
		return err
	}
	holders := web.DemoAccounts()
	for i, s := range []token.Serial{p.tokens[9].serial, p.tokens[10].serial} {
		change := desk.Change{Serial: s, By: token.CmdAssign, To: token.Assigned, Words: token.Words{Account: holders[i%len(holders)], Reason: "new colleague"}}
		if _, err := u.Desk.Move(ctx, change); err != nil {
			return err
		}
	}
	now := p.Config.Now()
	code, err := p.tokens[11].shows(now)
	if err != nil {
		return err
	}
	_, err = u.Desk.Bind(ctx, desk.Codes{Serial: p.tokens[11].serial, Codes: []desk.Typed{{Text: code, At: now}},
		Words: token.Words{Account: holders[len(holders)-1], Proof: "badge", Ticket: "HD-100"}})
	return err
}

// Know takes in a list of the people, so that they are found by their names, and a
// mistyped account is refused.
func (p *Pocket) Know(ctx context.Context) error {
	list, err := people.ReadList("people.csv", strings.NewReader(web.DemoList()), people.ListOptions{})
	if err != nil {
		return err
	}
	u, err := p.Config.Open(ctx)
	if err != nil {
		return err
	}
	_, err = u.People.Reconcile(ctx, people.Reconcile{List: list, AtLeast: -1, Store: true})
	return errors.Join(err, u.Close())
}

// shows is the code that a token displays.
func (s sample) shows(at time.Time) (string, error) {
	return otp.At(params, s.seed, otp.StepAt(params, at, s.drift))
}

// Pocket lists the tokens with what they display.
func (p *Pocket) Pocket(now time.Time) (all []web.Displayed, err error) {
	for _, s := range p.tokens {
		code, err := s.shows(now)
		if err != nil {
			return nil, err
		}
		begun := now.Unix() + int64(s.drift)
		all = append(all, web.Displayed{Serial: string(s.serial), Code: code, Left: params.Period - int(begun%int64(params.Period))})
	}
	return all, nil
}

// Remove ends the demo: nothing of it stays.
func (p *Pocket) Remove() error {
	for _, s := range p.tokens {
		s.seed.Clear()
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return fault.Wrap(fault.Internal, err, "removing the demo")
	}
	return nil
}
