package desk

import "fob/internal/token"

// remembering asks the database once in a group what many rows ask: the first
// drifts of a batch, which are a thousand rows. It adds those that the group
// brings, so that a row gets the answer that it would get alone.
type remembering struct {
	Tx
	drifts map[int64][]float64
	unseen map[int64]bool // tokens that were never observed
}

func newRemembering(tx Tx) Tx { return remembering{tx, map[int64][]float64{}, map[int64]bool{}} }

// FirstDrifts reads those of a batch once. The limit is always the same.
func (r remembering) FirstDrifts(batchID int64, limit int) ([]float64, error) {
	if known, ok := r.drifts[batchID]; ok {
		return known, nil
	}
	drifts, err := r.Tx.FirstDrifts(batchID, limit)
	if err == nil {
		r.drifts[batchID] = drifts
	}
	return drifts, err
}

// Observations notes which tokens have none.
func (r remembering) Observations(tokenID int64) ([]token.Observation, error) {
	all, err := r.Tx.Observations(tokenID)
	r.unseen[tokenID] = err == nil && len(all) == 0
	return all, err
}

// AddObservation puts a first drift in front of the others of its batch, where
// the database has the newest.
func (r remembering) AddObservation(t token.Token, o token.Observation) error {
	err := r.Tx.AddObservation(t, o)
	if known, ok := r.drifts[t.BatchID]; ok && err == nil && r.unseen[t.ID] {
		r.drifts[t.BatchID] = append([]float64{o.Drift}, known[:min(len(known), batchSample-1)]...)
	}
	return err
}
