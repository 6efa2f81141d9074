package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// Virtual is a request for a token in somebody's authenticator app.
type Virtual struct {
	Issuer string // who the app says that it is for
	Params token.Params
	Words  // with the account
	// NewAccount takes the account as typed though the list of people does not have it.
	NewAccount bool
}

// Enrolment is a virtual token on its way. The key is in memory only: until its
// codes are right nothing of it is stored, and whatever ends the enrolment before
// leaves nothing behind.
type Enrolment struct {
	Serial  token.Serial
	Account token.Account
	Issuer  string
	Params  token.Params
	Key     otp.AppKey
	Codes   int // that the policy demands: 1 or 2

	desk *Desk
	keys Keyring
	req  Virtual
}

// Enrol makes a key, after it was looked whether the account may have one more
// token. The caller clears the key.
func (d *Desk) Enrol(ctx context.Context, req Virtual) (*Enrolment, error) {
	if err := otp.CheckAppParams(req.Params); err != nil {
		return nil, err
	}
	e := &Enrolment{Issuer: req.Issuer, Params: req.Params, desk: d, req: req}
	if err := d.Store.View(ctx, e.check); err != nil {
		return nil, err
	}
	var err error
	if e.keys, err = d.Keys(ctx); err != nil {
		return nil, err
	}
	e.Key, err = otp.NewAppKey(d.Random, e.Issuer, e.Account, e.Params)
	return e, err
}

// check refuses what no code could help, as bind does, and chooses a serial.
func (e *Enrolment) check(r Reader) (err error) {
	if err := Demand(r, token.CmdVirtual, e.req.Words); err != nil {
		return err
	}
	if e.Account, err = r.KnownAccount(e.req.Account); err != nil {
		return err
	}
	if e.Serial, err = freeSerial(e.desk.Random, r); err != nil {
		return err
	}
	a := e.attempt(nil)
	a.token = token.Token{Facts: token.Facts{Serial: e.Serial, Profile: token.Profile{Params: e.Params}}, Standing: token.Standing{State: token.InStock}, Software: true}
	err = a.check(r)
	e.Codes = a.codesNeeded()
	return err
}

func (e *Enrolment) attempt(codes []Typed) *attempt {
	w := e.req.Words
	w.Account = e.Account
	return &attempt{desk: e.desk, by: token.CmdBind, keys: e.keys, made: true,
		req: Codes{Serial: e.Serial, Codes: codes, Paced: true, NewAccount: e.req.NewAccount, Words: w}}
}

// errUndo ends a transaction that went well and is not to be kept.
var errUndo = errors.New("undone")

// Converse begins a conversation about the codes that the app makes of the key.
func (e *Enrolment) Converse() *Conversation {
	c := &Conversation{answer: func(ctx context.Context, req Codes) (Outcome, error) { return e.Bind(ctx, req.Codes) }}
	c.Token.Profile.Params = e.Params
	if e.Codes > 1 {
		c.WantsTwo = Ordered
	}
	return c
}

// Bind stores the token and binds it in one transaction, if the codes are its own.
// A refusal leaves nothing in the store: there was no token whose failures could
// be counted, and a person who has seen the key need not guess.
func (e *Enrolment) Bind(ctx context.Context, codes []Typed) (Outcome, error) {
	a := e.attempt(codes)
	err := e.desk.Store.Update(ctx, func(tx Tx) error {
		if err := e.store(tx); err != nil {
			return err
		}
		if err := a.run(tx); err != nil {
			return err
		}
		if a.refusal != nil {
			return errUndo
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		err = a.refusal
	}
	if err != nil && !errors.Is(err, a.refusal) {
		return Outcome{}, err
	}
	return a.outcome(), err
}

// store makes a batch of one token.
func (e *Enrolment) store(tx Tx) error {
	if err := Demand(tx, token.CmdVirtual, e.req.Words); err != nil {
		return err
	}
	id, err := token.NewID(e.desk.Now(), e.desk.Random)
	if err != nil {
		return err
	}
	w := e.req.Words
	w.Account = "" // the event of its binding has it
	event, err := e.desk.Author().Event(token.CmdVirtual, trail.Object{Kind: trail.KindBatch, ID: id.String()}, w)
	if err != nil {
		return err
	}
	b := token.Batch{UUID: id, Format: token.VirtualFormat, Records: 1, New: 1, Imported: event.Time.Time, By: e.desk.Operator}
	if b, err = tx.CreateBatch(b, 1); err != nil {
		return err
	}
	c := e.columns(b)
	if err := e.insert(tx, b, c); err != nil {
		return err
	}
	if b, err = tx.CompleteBatch(b); err != nil {
		return err
	}
	contents := sha256.New()
	trail.AddTo(contents, &c, nil)
	event.To = token.InStock
	return trail.Record(tx, event, ImportDetail(b, contents))
}

// columns are those of a token that was made today: a clock that is kept right by
// a network has had no time to drift.
func (e *Enrolment) columns(b token.Batch) token.Facts {
	return token.Facts{ID: b.FirstID, Serial: e.Serial,
		Profile:      token.Profile{Manufacturer: token.VirtualManufacturer, Model: token.VirtualModel, Params: e.Params},
		Manufactured: b.Imported.UTC().Truncate(time.Second), Fingerprint: e.keys.Fingerprint(e.Key.Seed)}
}

func (e *Enrolment) insert(tx Tx, b token.Batch, c token.Facts) error {
	taken, err := tx.SeedTaken(c.Fingerprint)
	if err != nil {
		return err
	}
	if taken {
		return fault.Errorf(fault.Internal, "the key that was made is here already: this computer's source of randomness repeats itself").
			WithHint("make no keys on this computer until that is understood; nothing was changed")
	}
	sealed, err := e.keys.Seal(token.SeedPlace{Serial: e.Serial, Batch: b.UUID, Fingerprint: c.Fingerprint}, e.Key.Seed)
	if err != nil {
		return err
	}
	if err := tx.InsertTokens(b, []Row{{Facts: c, Sealed: sealed}}); err != nil {
		return err
	}
	return tx.InsertFingerprints([]Fingerprint{{Value: c.Fingerprint, TokenID: c.ID}})
}

// serialLetters are those that a voice on the telephone can tell apart: Crockford's
// base32, without I, L, O and U.
const serialLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// serialTries is how often a serial is drawn that nothing has: of 2⁵⁰ hardly ever
// twice.
const serialTries = 10

// freeSerial draws a serial such as VIRT-7K2QD-M9XWA that no token has, a loading
// import's neither.
func freeSerial(random io.Reader, r SerialReader) (token.Serial, error) {
	for range serialTries {
		var drawn [10]byte
		if _, err := io.ReadFull(random, drawn[:]); err != nil {
			return "", fmt.Errorf("making a serial: %w", err)
		}
		for i, b := range drawn {
			drawn[i] = serialLetters[b%byte(len(serialLetters))]
		}
		serial := token.Serial(fmt.Sprintf("VIRT-%s-%s", drawn[:5], drawn[5:]))
		taken, err := r.SerialTaken(serial.Key())
		if err != nil || !taken {
			return serial, err
		}
	}
	return "", fault.Errorf(fault.Internal, "no free serial was found in %d tries: this computer's source of randomness repeats itself", serialTries)
}
