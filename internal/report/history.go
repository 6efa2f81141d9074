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
	// StockCounts counts all tokens, in no order. It reads all of them.
	StockCounts() ([]StockCount, error)
	// EventAt returns one event of the trail.
	EventAt(seq int64) (trail.Stored, error)
}

// LogDown returns the events before a number, the newest first; of 0 the newest of all.
func LogDown(r PageReader, before int64, limit int) (all []Event, err error) {
	head, err := r.Head()
	if before <= 0 || before > head.Seq {
		before = head.Seq + 1
	}
	for seq := before - 1; err == nil && seq > 0 && len(all) < limit; seq-- {
		var s trail.Stored
		if s, err = r.EventAt(seq); err != nil {
			return nil, err
		}
		var e Event
		e, err = plainEvent(s)
		all = append(all, e)
	}
	return all, err
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
