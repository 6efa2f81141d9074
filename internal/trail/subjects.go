package trail

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"iter"
	"math"

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

// Trace is what an event left of a token. An event about one token says whole how it
// stands, and has a digest of its facts and of its measured drifts: so a command reads
// the newest ones, and a token is acted upon as quickly after ten thousand events as
// after ten. All are read of those alone that are about many tokens at once, which are few.
type Trace string

// The traces, as the index has them.
const (
	NoTrace       Trace = "tried "
	StandingTrace Trace = "token "
	DriftTrace    Trace = "drift " // how it stands, and a measured drift
	MovedTrace    Trace = "moved " // another state
	BindingTrace  Trace = "bound " // the beginning or the end of a binding
	LastingTrace  Trace = "kept "  // what was done to many
)

// Traces are all of them, each with how many events a command reads; 0: all. Bindings
// that ended before those that it reads are for verification.
var Traces = [...]struct {
	Trace
	Newest int
}{{NoTrace, 1}, {StandingTrace, 1}, {DriftTrace, 1}, {MovedTrace, MostRead}, {BindingTrace, MostRead}, {LastingTrace, 0}}

// MostRead is of how many events, and of how many bindings, a command reads the newest.
const MostRead = 100

// AboutBatches stands before the id of a batch.
const AboutBatches = "batch "

// AboutToken is what a token is called in the index, AboutBatch a batch.
func AboutToken(t Trace, key string) string { return string(t) + key }
func AboutBatch(uuid string) string         { return AboutBatches + uuid }

// AboutDelivery is what the corrections of a batch's delivery are about: what else is
// known of the batch they do not change.
func AboutDelivery(uuid string) string { return "order " + uuid }

// AllAbout are the names of a token in the index, in the order of Traces.
func AllAbout(key string) (all []string) {
	for _, t := range Traces {
		all = append(all, AboutToken(t.Trace, key))
	}
	return all
}

// trace is what an event left of the tokens that it is about.
func (e *Event) trace() (Trace, error) {
	if e.Object.Kind != KindToken {
		return LastingTrace, nil
	}
	d, err := e.tokenDetail()
	if err != nil {
		return "", err
	}
	switch {
	case e.Outcome == Refused && d.After == nil:
		return NoTrace, nil
	case e.Outcome == Refused:
		return StandingTrace, nil
	case d.Opened != nil || d.Closed != nil:
		return BindingTrace, nil
	case e.From != e.To:
		return MovedTrace, nil
	case d.Observation != nil:
		return DriftTrace, nil
	}
	return StandingTrace, nil
}

// Subjects are what an event is about. A correction of a batch's parameters, or the
// destruction of its seeds, is about its tokens alone: what else is known of the batch it
// does not change.
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
	case e.corrects():
		return []string{AboutDelivery(e.Object.ID)}, nil
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

// corrects reports whether an event corrects what a delivery is said to be.
func (e *Event) corrects() bool {
	var d CorrectDetail
	return e.Command == token.CmdBatchCorrect && e.decode(&d) == nil && d.Now != nil
}

// FactsDigest stands in an event about a token for its facts: half a SHA-256 of what
// its import committed to, in hex.
func FactsDigest(f *token.Facts) string {
	h := sha256.New()
	AddTo(h, f, nil)
	return hex.EncodeToString(h.Sum(nil)[:sha256.Size/2])
}

// Drifts stands in an event about a token for its measured drifts: half a SHA-256 over
// what stood for those before, and the newest. Zero: none was measured.
type Drifts [sha256.Size / 2]byte

// With is what stands for one more.
func (d Drifts) With(o token.Observation) Drifts {
	b := binary.BigEndian.AppendUint64(d[:], uint64(nanos(o.At)))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(o.Drift+0)) // SQLite keeps no negative zero
	if o.Rate != nil {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(*o.Rate+0))
	}
	sum := sha256.Sum256(b)
	return Drifts(sum[:len(d)])
}

func driftsOf(all []token.Observation) (d Drifts) {
	for _, o := range all {
		d = d.With(o)
	}
	return d
}

// String is what an event has: hex, empty for none.
func (d Drifts) String() string {
	if d == (Drifts{}) {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// parseDrifts reads String; another text stands for no drifts.
func parseDrifts(s string) (d Drifts) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == len(d) {
		d = Drifts(b)
	}
	return d
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
