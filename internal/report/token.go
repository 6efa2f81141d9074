package report

import (
	"time"

	"fob/internal/token"
)

// FromToken makes the row of the inventory from a token, its newest observation,
// nil when its clock was never observed, and when failures lock a token.
func FromToken(t token.Token, last *token.Observation, lock token.Lock) Token {
	p := t.Profile
	r := Token{
		Serial: t.Serial, ID: t.ID, State: t.State, Batch: t.BatchNumber,
		Manufacturer: p.Manufacturer, Model: p.Model, Type: p.Type, Hash: p.Hash, Digits: p.Digits,
		Failures: t.Failures, ImportedAt: t.ImportedAt, StateSince: t.Since,
		ExportedTo: []string{}, SeedPresent: t.HasSeed(),
		Account: filled(string(t.Account)), Location: filled(t.Location),
		LockedUntil: when(t.LastLock(lock)), NotBefore: when(t.NotBefore), NotAfter: when(t.NotAfter),
		Issued: t.Issued, Manufactured: when(t.Manufactured), LastVerified: when(t.BoundAt),
		BoundAt: when(t.BoundAt), LostReported: when(t.Loss.Reported), Stolen: t.Loss.Stolen,
		Software: t.Software, Condition: filled(t.Condition),
	}
	if t.Watermark.Known {
		r.Watermark = &t.Watermark.Step
	}
	if p.Type == token.TOTP {
		t0 := time.Unix(p.T0, 0).UTC()
		r.Period, r.T0 = &p.Period, &t0
	} else if next, ok := t.NextCounter(); ok {
		r.Counter = &next
	}
	if last != nil {
		r.DriftSeconds, r.DriftPPM, r.ObservedAt = &last.Drift, last.Rate, &last.At
		if r.LastVerified == nil || last.At.After(*r.LastVerified) {
			r.LastVerified = &last.At
		}
	}
	if t.State == token.Lost && !t.Loss.Reported.IsZero() {
		hours := t.Since.Sub(t.Loss.Reported).Hours()
		r.LossHours = &hours
	}
	if t.State == token.Retired && !t.HasSeed() {
		r.DestroyedAt = when(t.Since)
	}
	return r
}

// Deliver tells the token which batch brought it.
func (t *Token) Deliver(b *Batch) {
	t.Batch, t.BatchID, t.File, t.FileSHA256 = b.Number, b.ID, b.File, b.SHA256
	t.Order, t.Supplier, t.Received, t.ImportedBy = b.Order, b.Supplier, b.Received, b.ImportedBy
}

// Bind tells the token of its open binding.
func (t *Token) Bind(b Binding) {
	t.Binding, t.BoundBy, t.BoundProof, t.BoundTicket = filled(b.ID), filled(b.By), filled(b.Proof), filled(b.Ticket)
	t.BoundApprover = b.Approver
	t.BoundCodes = &b.Codes
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
