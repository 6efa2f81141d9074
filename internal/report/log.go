package report

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Event is one event of the trail for people: the event, and the texts beside
// it in the clear.
type Event struct {
	trail.Event
	Plain map[string]string `json:"plain"`
	Hash  string            `json:"hash"`
}

// Between tells what an event led from and to: states, or the places of a move.
func (e Event) Between() (from, to string) {
	var d trail.TokenDetail
	if e.Command == token.CmdMove && json.Unmarshal(e.Detail, &d) == nil && d.MovedFrom != nil && d.After != nil {
		return *d.MovedFrom, d.After.Location
	}
	return string(e.From), string(e.To)
}

// EventSeq streams events; the first error ends it.
type EventSeq = iter.Seq2[Event, error]

// Log reads the trail, oldest event first. The limit counts the events that are
// selected.
func Log(r Reader, f EventFilter) EventSeq {
	switch {
	case f.Serial != "":
		return Later(func() ([]Event, error) { return newestOf(r, f) })
	case !f.Narrowed():
		return eventsOf(r, f)
	}
	all := f
	all.Limit = 0
	return LastOf(Mapped(r.Events(all), func(stored trail.Stored) (Event, bool, error) {
		e, err := plainEvent(stored)
		return e, f.has(&e.Event), err
	}), f.Limit)
}

// newestOf gathers the newest events of one token, in all lives of its device. Those of
// many tokens name them by their ids alone.
func newestOf(r Reader, f EventFilter) ([]Event, error) {
	var found []Event
	f.Serial = f.Serial.Device()
	t, err := r.Find(f.Serial)
	if err != nil && fault.KindOf(err) != fault.NotFound { // the trail knows tokens that are gone
		return nil, err
	}
	if err == nil && f.Account == "" && f.Ticket == "" {
		if found, err = importsOf(r, t, f); err != nil {
			return nil, err
		}
	}
	for e, err := range eventsOf(r, EventFilter{Serial: f.Serial, Account: f.Account, Ticket: f.Ticket}) {
		if err != nil {
			return nil, err
		}
		serials, err := e.Serials()
		if err != nil {
			return nil, err
		}
		if !f.has(&e.Event) {
			continue
		}
		if !slices.ContainsFunc(serials, func(s token.Serial) bool { return s.Key() == f.Serial.Key() }) {
			ids, err := e.IDs()
			if err != nil {
				return nil, err
			}
			if len(serials) > 0 || !ids.Has(t.ID) {
				continue
			}
		}
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b Event) int { return cmp.Compare(a.Seq, b.Seq) })
	found = slices.CompactFunc(found, func(a, b Event) bool { return a.Seq == b.Seq })
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[len(found)-f.Limit:]
	}
	return found, nil
}

// importsOf are the events with which a device came, in each of its lives: by its
// batches, and by those whose seeds of it were exchanged.
func importsOf(r Reader, t Token, f EventFilter) (all []Event, err error) {
	for life := 1; err == nil; life++ {
		var of []Event
		if of, err = importsWith(r, t); err == nil {
			all = append(all, of...)
			t, err = r.Find(f.Serial.Former(life))
		}
	}
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return slices.DeleteFunc(all, func(e Event) bool { return !f.has(&e.Event) }), err
}

// importsWith are the imports that brought the seeds of a token, the newest first: it may
// have been exchanged for another of its serial while it lay in stock.
func importsWith(r Reader, t Token) (all []Event, err error) {
	e, err := importOf(r, t.BatchID)
	for err == nil && e != nil {
		all = append(all, *e)
		var d trail.ImportDetail
		if d, err = detailOf[trail.ImportDetail](*e); err != nil {
			break
		}
		at := slices.IndexFunc(d.Replaced, func(x trail.Replaced) bool { return x.New.Serial.Key() == t.Serial.Key() })
		if at < 0 {
			break
		}
		e, err = importOfID(r, d.Replaced[at].Old.ID)
	}
	return all, err
}

// importOfID is the import that brought the token with an id, which may be gone; nil: no
// batch that is left.
func importOfID(r Reader, id int64) (*Event, error) {
	files, err := r.BatchFiles()
	for _, b := range files {
		e, err := importOf(r, b.ID)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		if d, err := detailOf[trail.ImportDetail](*e); err != nil || d.FirstID <= id && id <= d.LastID {
			return e, err
		}
	}
	return nil, err
}

// importOf is the event with which a batch came; nil: by another command.
func importOf(r Reader, batchID string) (*Event, error) {
	for e, err := range eventsOf(r, EventFilter{About: []string{trail.AboutBatch(batchID)}}) {
		if err != nil || e.Command == token.CmdImport {
			return &e, err
		}
	}
	return nil, nil
}

// eventsOf are the events that a store selects, for people.
func eventsOf(r Reader, f EventFilter) EventSeq { return Mapped(r.Events(f), eventOf) }

func eventOf(stored trail.Stored) (Event, bool, error) {
	e, err := plainEvent(stored)
	return e, true, err
}

func plainEvent(stored trail.Stored) (Event, error) {
	parsed, err := trail.Parse(stored.Entry)
	if err != nil {
		return Event{}, err
	}
	e := Event{Event: parsed, Plain: map[string]string{}, Hash: stored.Hash.String()}
	for _, t := range stored.Texts {
		e.Plain[t.Field] = t.Text
	}
	return e, nil
}

// PageReader is a Reader for front ends that answer at once: it finds a token by its
// number, and what became of it without reading the whole trail.
type PageReader interface {
	Reader
	// SerialOf returns the serial of a token by its number in the store; an error of
	// the kind NotFound if there is no such token.
	SerialOf(id int64) (token.Serial, error)
	// Token returns a token as the use cases know it.
	Token(serial token.Serial) (token.Token, error)
	// NearSerials returns serials that a person may have meant, the likeliest first.
	NearSerials(serial token.Serial, limit int) ([]token.Serial, error)
	// NewestAbout returns the newest events about a token, the newest first.
	NewestAbout(serial token.Serial, limit int) ([]trail.Stored, error)
	// Named lists people by words that their full names hold, in the order of their accounts.
	Named(part string, limit int) ([]Account, error)
	// NearNames lists accounts whose people may be called as somebody said, the likeliest
	// first.
	NearNames(said string, limit int) ([]token.Account, error)
	// TokensOf lists what an account has: assigned, bound and suspended tokens.
	TokensOf(a token.Account) ([]token.Serial, error)
	// LostBy lists the lost tokens that an account had last, the newest first.
	LostBy(a token.Account, limit int) ([]token.Serial, error)
	// StockCounts counts all tokens, in no order. It reads all of them.
	StockCounts() ([]StockCount, error)
	// EventAt returns one event of the trail.
	EventAt(seq int64) (trail.Stored, error)
}

// LogDown returns the events before a number, the newest first; of 0 the newest of all.
func LogDown(r PageReader, before int64, limit int) ([]Event, error) {
	head, err := r.Head()
	if before <= 0 || before > head.Seq {
		before = head.Seq + 1
	}
	var stored []trail.Stored
	for seq := before - 1; err == nil && seq > 0 && len(stored) < limit; seq-- {
		var s trail.Stored
		s, err = r.EventAt(seq)
		stored = append(stored, s)
	}
	if err != nil {
		return nil, err
	}
	return Collected(Mapped(Rows(stored), eventOf))
}

// History returns the newest events about a token, the newest first.
func History(r PageReader, serial token.Serial, limit int) ([]Event, error) {
	stored, err := r.NewestAbout(serial, limit)
	if err != nil {
		return nil, err
	}
	return Collected(Mapped(Rows(stored), eventOf))
}
