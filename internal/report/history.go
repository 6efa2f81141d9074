package report

import (
	"fob/internal/token"
	"fob/internal/trail"
)

// PageReader is a Reader for front ends that answer at once: it finds a token by its
// number, and what became of it without reading the whole trail.
type PageReader interface {
	Reader
	// SerialOf returns the serial of a token by its number in the store; an error of
	// the kind NotFound if there is no such token.
	SerialOf(id int64) (token.Serial, error)
	// Token returns a token as the use cases know it.
	Token(serial token.Serial) (token.Token, error)
	// NewestAbout returns the newest events about a token, the newest first.
	NewestAbout(serial token.Serial, limit int) ([]trail.Stored, error)
	// Named lists people by a part of their full names, in the order of their accounts.
	Named(part string, limit int) ([]Account, error)
}

// History returns the newest events about a token, the newest first.
func History(r PageReader, serial token.Serial, limit int) (all []Event, err error) {
	stored, err := r.NewestAbout(serial, limit)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		e, err := plainEvent(s)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}
