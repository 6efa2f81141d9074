package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"iter"

	"fob/internal/token"
)

// The trail has an index of what its events are about, so that a command finds the
// last event about a token without reading the others. It lies beside the trail, as
// append-only, and verification holds it against the events.

// AboutRow is one entry of the index.
type AboutRow struct {
	Subject string
	Seq     int64
}

// The subjects that are there once.
const (
	AboutPolicy   = "policy"
	AboutLists    = "lists"    // of people
	AboutErasures = "erasures" // of them
)

// Trace is what an event left of a token. Of events that left nothing, and of those
// that left nothing but how it stands, which each says whole, the newest is enough
// for a command; the others are few, whatever is tried with a token.
type Trace string

// The traces, as the index has them.
const (
	NoTrace       Trace = "tried "
	StandingTrace Trace = "token "
	LastingTrace  Trace = "kept " // another state, a binding, a measured drift, other facts
)

// AboutBatches stands before the id of a batch.
const AboutBatches = "batch "

// AboutToken is what a token is called in the index, AboutBatch a batch.
func AboutToken(t Trace, key string) string { return string(t) + key }
func AboutBatch(uuid string) string         { return AboutBatches + uuid }

// trace is what an event left of the tokens that it is about.
func (e *Event) trace() (Trace, error) {
	if e.Object.Kind != KindToken {
		return LastingTrace, nil
	}
	d := e.Token
	if d == nil { // it is being written
		if d = new(TokenDetail); len(e.Detail) > 0 {
			if err := e.decode(d); err != nil {
				return "", err
			}
		}
	}
	passes := e.Command == token.CmdCheck || e.Command == token.CmdMove || e.Command == token.CmdUnlock
	switch {
	case e.Outcome == Refused && d.After == nil:
		return NoTrace, nil
	case e.Outcome == Refused, passes && e.From == e.To && d.Observation == nil && d.Opened == nil && d.Closed == nil:
		return StandingTrace, nil
	}
	return LastingTrace, nil
}

// Subjects are what an event is about. A correction of a batch, or the destruction of
// its seeds, is about its tokens alone: what else is known of the batch it does not
// change.
func (e *Event) Subjects() (all []string, err error) {
	switch {
	case e.Command == token.CmdPolicySet:
		return []string{AboutPolicy}, nil
	case e.Command == token.CmdAccountImport:
		return []string{AboutLists}, nil
	case e.Command == token.CmdAccountErase:
		return []string{AboutErasures}, nil
	case e.Object.Kind == KindBatch && e.Command != token.CmdBatchCorrect && e.Command != token.CmdBatchDestroy:
		all = append(all, AboutBatch(e.Object.ID))
	}
	serials, err := e.Serials()
	if err != nil {
		return nil, err
	}
	trace, err := e.trace()
	for _, s := range serials {
		all = append(all, AboutToken(trace, s.Key()))
	}
	return all, err
}

// FactsDigest stands in an event about a token for its facts: half a SHA-256 of what
// its import committed to, in hex.
func FactsDigest(f *token.Facts) string {
	h := sha256.New()
	AddTo(h, f, nil)
	return hex.EncodeToString(h.Sum(nil)[:sha256.Size/2])
}

// aboutSum adds up keyed hashes, so that two sets can be compared that are in
// different order.
func aboutSum(seed maphash.Seed, rows iter.Seq2[AboutRow, error]) (sum uint64, err error) {
	for row, err := range rows {
		if err != nil {
			return sum, err
		}
		sum += maphash.Comparable(seed, row)
	}
	return sum, nil
}
