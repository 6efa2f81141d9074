package store

import (
	"context"

	"fob/internal/intake"
	"fob/internal/people"
)

var (
	_ people.Tx = (*queries)(nil)
	_ intake.Tx = (*queries)(nil)
)

// For hands out a store's transactions as the narrow interfaces that one room of use
// cases has of them. Queries implement them all, which the compiler checks beside
// this type for each room.
type For[R, T any] struct{ *Store }

// View runs fn on one consistent state.
func (s For[R, T]) View(ctx context.Context, fn func(R) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(any(q).(R)) })
}

// Update waits for its turn and runs fn in one transaction.
func (s For[R, T]) Update(ctx context.Context, fn func(T) error) error {
	return s.update(ctx, false, func(q *queries) error { return fn(any(q).(T)) })
}

// Load is Update for a slice of a loading batch.
func (s For[R, T]) Load(ctx context.Context, fn func(T) error) error {
	return s.update(ctx, true, func(q *queries) error { return fn(any(q).(T)) })
}

// Intake is the store as the intake of seed files wants it.
func (s *Store) Intake() intake.Store { return For[intake.Reader, intake.Tx]{s} }
