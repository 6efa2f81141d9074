package store

import (
	"database/sql"
	"time"

	"fob/internal/fault"
)

// loose is a row as the driver gives it: asked for by kind, where the reflection of
// Scan would take a third of the reading.
type loose struct {
	v    []any
	into []any
	err  error // the first column that is not of its kind
}

func newLoose(columns int) *loose {
	l := &loose{v: make([]any, columns), into: make([]any, columns)}
	for i := range l.v {
		l.into[i] = &l.v[i]
	}
	return l
}

func (l *loose) there(i int) bool { return l.v[i] != nil }

// nanos and seconds are the zero time for NULL.
func (l *loose) nanos(i int) time.Time {
	return fromNanos(sql.NullInt64{Int64: l.int(i), Valid: l.there(i)})
}

func (l *loose) seconds(i int) time.Time {
	return fromSeconds(sql.NullInt64{Int64: l.int(i), Valid: l.there(i)})
}

func (l *loose) zero(i int) bool { return l.there(i) && l.int(i) == 0 }

// int is 0 for NULL.
func (l *loose) int(i int) int64 {
	n, ok := l.v[i].(int64)
	if !ok && l.v[i] != nil {
		l.unfit(i)
	}
	return n
}

// float is 0 for NULL.
func (l *loose) float(i int) float64 {
	f, ok := l.v[i].(float64)
	if !ok && l.v[i] != nil {
		l.unfit(i)
	}
	return f
}

// text is empty for NULL.
func (l *loose) text(i int) string {
	s, ok := l.v[i].(string)
	if !ok && l.v[i] != nil {
		l.unfit(i)
	}
	return s
}

// bytes are nil for NULL; they are the caller's.
func (l *loose) bytes(i int) []byte {
	b, ok := l.v[i].([]byte)
	if !ok && l.v[i] != nil {
		l.unfit(i)
	}
	return b
}

func (l *loose) bool(i int) bool {
	n := l.int(i)
	if n != 0 && n != 1 {
		l.unfit(i)
	}
	return n == 1
}

func (l *loose) unfit(i int) {
	if l.err == nil {
		l.err = fault.Errorf(fault.Integrity, "column %d of a row has a value of an impossible kind: %v", i+1, l.v[i])
	}
}
