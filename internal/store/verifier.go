package store

import (
	"iter"
	"math"
	"sync"

	"fob/internal/trail"
)

// verifier reads a store for its verification, on several connections that see one
// state. What does not depend on the trail it asks while the trail is replayed.
type verifier struct {
	*queries // asks for what is small

	trail, beside *queries // events, and the texts beside them; then tokens, and what befell them
	stray         []string // what befell no token

	asked sync.WaitGroup
	told  struct {
		found, schema  []string
		err, schemaErr error
	}
}

// readersOfVerify is how many connections a verifier reads on.
const readersOfVerify = 4

var _ trail.Tables = (*verifier)(nil)

func newVerifier(r []*queries) *verifier {
	v := &verifier{queries: r[0], trail: r[1], beside: r[2]}
	v.asked.Go(func() { v.ask(r[3]) })
	return v
}

// wait waits until nothing is read any more.
func (v *verifier) wait() { v.asked.Wait() }

func (v *verifier) ask(q *queries) {
	a := &v.told
	a.found, a.err = q.contradictions()
	a.schema, a.schemaErr = q.engine.SchemaProblems(q.ctx, q.tx)
}

func (v *verifier) schema() ([]string, error) {
	v.wait()
	return v.told.schema, v.told.schemaErr
}

// events is the whole trail, see firstEvent. Reading events takes as long as to
// understand them, and so does reading the texts: each has a core of its own where
// there is one.
func (v *verifier) events() iter.Seq2[trail.Stored, error] {
	return besideEntries(trail.Ahead(v.trail.entries(math.MinInt64)), trail.Ahead(v.beside.textsFrom(math.MinInt64)))
}

// Contradictions gives what was asked for meanwhile, and what TokenRows met.
func (v *verifier) Contradictions() ([]string, error) {
	v.wait()
	return append(v.stray, v.told.found...), v.told.err
}
