package token

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Token is one token without its seed: what never changes, what may, and what is
// joined to it from its batch, its open binding and the end of its last one.
type Token struct {
	Facts
	Standing
	BatchID     int64
	BatchNumber int
	ImportedAt  time.Time
	BoundAt     time.Time // of the open binding
	Software    bool      // virtual: its seed is in an app of its account's
	Condition   string    // in which it last came back, as somebody noted; empty: nobody did
}

// Facts are what an import says of a token, which only a correction of its batch
// changes. The fingerprint stands for the seed. This is how events spell them; times
// are whole seconds in UTC, zero where nothing is known, so that == compares two.
type Facts struct {
	ID     int64  `json:"id"`
	Serial Serial `json:"serial"`
	Profile
	Counter      int64     `json:"counter,omitempty"` // HOTP: the counter that its first code is expected at
	NotBefore    time.Time `json:"not_before,omitzero"`
	NotAfter     time.Time `json:"not_after,omitzero"`
	Manufactured time.Time `json:"manufactured,omitzero"`
	Fingerprint  int64     `json:"fingerprint"`
}

// Standing is what may change of a token. An event about one token carries it as the
// event left it; the state is there the event's own, the account a text beside it
// that can be erased. Times are in UTC.
type Standing struct {
	State         State     `json:"-"`
	Account       Account   `json:"-"`     // bound or assigned to
	Since         time.Time `json:"since"` // of the state
	Watermark     Mark      `json:"watermark"`
	Failures      int       `json:"failures,omitempty"`
	LockedUntil   time.Time `json:"locked_until,omitzero"`
	Issued        bool      `json:"issued,omitempty"` // was ever assigned, bound or provisioned
	Location      string    `json:"location,omitempty"`
	Loss          Loss      `json:"loss,omitzero"` // of a token that is lost, and of one that was retired lost
	SeedDestroyed bool      `json:"seed_destroyed,omitempty"`
	Marks
}

// Marks are what is never forgotten of a token: no command takes one back.
type Marks struct {
	Leaked    bool `json:"leaked,omitempty"`     // others may know its seed: it never comes back
	WasStolen bool `json:"was_stolen,omitempty"` // it was stolen, now or once
}

// With are both marks together.
func (m Marks) With(more Marks) Marks {
	return Marks{m.Leaked || more.Leaked, m.WasStolen || more.WasStolen}
}

// Any reports whether there is one.
func (m Marks) Any() bool { return m != Marks{} }

// Untouched reports whether the token is in stock and was never used: not given out,
// no code of it accepted, none refused since, and never stolen. Only such a token may leave the store
// again, for what leaves takes its watermark and its lock along, and would come back
// without them.
func (s Standing) Untouched() bool {
	return s.State == InStock && !s.Issued && !s.Watermark.Known && s.Failures == 0 && !s.Marks.Any()
}

// Loss is what is known of a loss; its zero value means none.
type Loss struct {
	Reported time.Time `json:"reported"` // when somebody first told, which may be before it was recorded
	Stolen   bool      `json:"stolen,omitempty"`
}

// Mark is a step or counter that may not be known yet: null in JSON.
type Mark struct {
	Step  int64
	Known bool
}

// MarkAt is a known mark.
func MarkAt(step int64) Mark { return Mark{step, true} }

// Covers reports whether a step was used up: at or below the watermark.
func (m Mark) Covers(step int64) bool { return m.Known && step <= m.Step }

// String is the step, or none.
func (m Mark) String() string {
	if !m.Known {
		return "none"
	}
	return strconv.FormatInt(m.Step, 10)
}

// MarshalJSON writes the step, or null.
func (m Mark) MarshalJSON() ([]byte, error) {
	if !m.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, m.Step, 10), nil
}

// UnmarshalJSON reads a step or null.
func (m *Mark) UnmarshalJSON(text []byte) error {
	*m = Mark{Known: string(text) != "null"}
	if !m.Known {
		return nil
	}
	return json.Unmarshal(text, &m.Step)
}

// Observation is one measured drift: token clock minus our clock.
type Observation struct {
	At    time.Time `json:"at"`            // when the code was entered
	Drift float64   `json:"drift_seconds"` // negative: the token is slow
	Rate  *float64  `json:"rate_ppm"`      // as estimated with this observation; nil: too short a record
}

// Sight stands for what somebody saw of a token who looked at whose it is: another one
// means that this has changed since.
func (t Token) Sight() string { return fmt.Sprintf("%s/%d/%s", t.State, t.Since.UnixNano(), t.Account) }

// IsStolen reports whether a token is lost because it was stolen.
func (t Token) IsStolen() bool { return t.State == Lost && t.Loss.Stolen }

// HasSeed reports whether the store holds the token's seed.
func (t Token) HasSeed() bool { return !t.SeedDestroyed && t.Type.HasSeed() }

// NextCounter is the counter that an HOTP token's next code is expected at; not
// ok when the last one there is was used.
func (t Token) NextCounter() (next int64, ok bool) {
	switch {
	case !t.Watermark.Known:
		return t.Counter, true
	case t.Watermark.Step == MaxCounter:
		return 0, false
	}
	return t.Watermark.Step + 1, true
}

// UsedUp reports whether the last counter of an HOTP token was used.
func (t Token) UsedUp() bool {
	_, more := t.NextCounter()
	return t.Type == HOTP && !more
}

// Expired reports whether the token's time is over.
func (t Token) Expired(now time.Time) bool {
	return !t.NotAfter.IsZero() && now.After(t.NotAfter)
}
