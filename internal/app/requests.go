package app

import (
	"context"

	"fob/internal/request"
	"fob/internal/trail"
)

// RequestList returns the requests that wait or are approved, or all, the newest
// first. It opens the store for reading.
func (c Config) RequestList(ctx context.Context, all bool) (list []request.Request, err error) {
	err = c.readRequests(ctx, func(g request.Registry) error {
		list, err = g.List(ctx, all)
		return err
	})
	return list, err
}

// Request returns one of them.
func (c Config) Request(ctx context.Context, number int) (q request.Request, err error) {
	err = c.readRequests(ctx, func(g request.Registry) error {
		q, err = g.Show(ctx, number)
		return err
	})
	return q, err
}

func (c Config) readRequests(ctx context.Context, fn func(request.Registry) error) error {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(request.Registry{Store: s.Requests(), Author: trail.Author{Store: s.ID(), Now: c.Now, Operator: c.Operator}})
}
