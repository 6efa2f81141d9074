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
		Failures: t.Failures, ImportedAt: t.ImportedAt.UTC(), StateSince: t.Since.UTC(),
		ExportedTo: []string{}, SeedPresent: t.HasSeed(),
		Account: NonZero(string(t.Account)), Location: NonZero(t.Location),
		LockedUntil: When(t.LastLock(lock)), NotBefore: When(t.NotBefore), NotAfter: When(t.NotAfter),
		Issued: t.Issued, Manufactured: When(t.Manufactured), LastVerified: When(t.BoundAt),
		BoundAt: When(t.BoundAt), LostReported: When(t.Loss.Reported), Stolen: t.Loss.Stolen, WasStolen: t.WasStolen, Leaked: t.Leaked,
		Software: t.Software, Condition: NonZero(t.Condition),
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
		r.DriftSeconds, r.DriftPPM, r.ObservedAt = &last.Drift, last.Rate, When(last.At)
		if r.LastVerified == nil || last.At.After(*r.LastVerified) {
			r.LastVerified = r.ObservedAt
		}
	}
	if t.State == token.Lost && !t.Loss.Reported.IsZero() {
		hours := t.Since.Sub(t.Loss.Reported).Hours()
		r.LossHours = &hours
	}
	if t.State == token.Retired && !t.HasSeed() {
		r.DestroyedAt = When(t.Since)
	}
	return r
}

// Deliver tells the token which batch brought it.
func (t *Token) Deliver(b *Batch) {
	t.Batch, t.BatchID, t.File, t.FileSHA256 = b.Number, b.ID, b.File, b.SHA256
	t.Order, t.Supplier, t.Received, t.ImportedBy = b.Order, b.Supplier, b.Received, b.ImportedBy
}

// HandTo tells the token which verifiers got its seed.
func (t *Token) HandTo(verifiers []string) {
	t.ExportedTo = append(t.ExportedTo, verifiers...)
	t.Issued = t.Issued || len(verifiers) > 0
}

// Bind tells the token of its open binding.
func (t *Token) Bind(b Binding) {
	t.Binding, t.BoundBy, t.BoundProof, t.BoundTicket = NonZero(b.ID), NonZero(b.By), NonZero(b.Proof), NonZero(b.Ticket)
	t.BoundApprover = b.Approver
	t.BoundCodes = &b.Codes
}

// NonZero is a pointer to a value, nil for the zero value: what is not known.
func NonZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// When is a time in UTC, nil for the zero time.
func When(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// Settle holds the promises of the JSON contract, whatever the reader gave: times in
// UTC, an empty array rather than null.
func (t *Token) Settle() {
	if t.ExportedTo == nil {
		t.ExportedTo = []string{}
	}
	t.ImportedAt, t.StateSince = t.ImportedAt.UTC(), t.StateSince.UTC()
	for _, at := range []**time.Time{&t.T0, &t.ObservedAt, &t.LockedUntil, &t.NotBefore, &t.NotAfter, &t.BoundAt, &t.LastVerified, &t.LostReported, &t.DestroyedAt, &t.Manufactured} {
		if *at != nil && (*at).Location() != time.UTC {
			*at = When(**at)
		}
	}
}
