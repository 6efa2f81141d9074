package report

import (
	"strings"

	"fob/internal/token"
)

// How what was found and what was searched for belong together.
const (
	ByAccount      = "account"
	ByAddress      = "address" // the account is what stands before its @
	ByLost         = "lost"    // the account had it last, and it is lost
	ByOrder        = "order"
	ByName         = "name"
	ByNamePart     = "name_part"
	ByAccountStart = "account_start"
	BySerialStart  = "serial_start"
	BySerialEnd    = "serial_end"
	BySerialNear   = "serial_near" // it is a typing error away
	ByNameNear     = "name_near"
)

// Hit is a token that a search found, or somebody who has none.
type Hit struct {
	By       string
	Serial   token.Serial // empty: the person has no token
	Account  string       // by which it was found; empty: by the token
	FullName string
	Standing string
}

// Search is what a text may mean to somebody with a telephone at the ear.
type Search struct {
	Hits []Hit
	More bool // there are more tokens of the order
	Cut  bool // the end of a serial was not looked for: there are too many

	stored int // tokens, of all batches
}

// Sure returns the token that alone can be meant: nothing else was found, and not by a
// part of what it is called.
func (s Search) Sure() (serial token.Serial, ok bool) {
	if len(s.Hits) != 1 || s.More {
		return "", false
	}
	switch h := s.Hits[0]; h.By {
	case ByAccount, ByOrder, ByName:
		return h.Serial, h.Serial != ""
	}
	return "", false
}

// What a part of something has to have, to be looked for, and how many serials that may
// be meant are compared with the device in hand.
const (
	shortestPart = 3
	ShortestEnd  = 4
	mostEnds     = 200_000 // no index has the ends of serials: all are read
	mostNear     = 5
)

// SearchFor finds tokens and people by an account, an order, a name, a beginning of an
// account or a serial, or the end of a serial; or else by an address whose account it may
// be, or a serial that is near. What is found by the whole text comes first, and each
// token once.
// The tokens of an order follow one another: after is the number of the last one that is
// known already, 0 for none.
func SearchFor(r PageReader, text string, after int64, limit int) (s Search, err error) {
	if after > 0 {
		err = s.order(r, text, after, limit)
		return s, err
	}
	if err := s.account(r, text, ByAccount, limit); err != nil {
		return s, err
	}
	if err := s.order(r, text, 0, limit); err != nil || len([]rune(text)) < shortestPart {
		return s, err
	}
	if len(s.Hits) == 0 || s.Hits[0].Serial == "" { // else it is clear what was meant
		err = s.parts(r, text, limit)
	}
	s.More = s.More || len(s.Hits) > limit
	s.Hits = s.Hits[:min(len(s.Hits), limit)]
	return s, err
}

// account adds what somebody has and lost, or that they have nothing.
func (s *Search) account(r PageReader, text, by string, limit int) error {
	a, err := token.ParseAccount(text)
	if err != nil {
		return nil //nolint:nilerr // it is no account
	}
	lost, err := r.LostBy(a, limit)
	if err != nil {
		return err
	}
	one, err := AccountOf(r, a)
	if err == nil && one.Account != "" {
		err = s.person(r, by, one, limit)
	}
	if err != nil {
		return err
	}
	if by == ByAccount {
		by = ByLost
	}
	for _, serial := range lost {
		s.add(Hit{By: by, Serial: serial, Account: text})
	}
	return nil
}

// person adds the tokens of somebody, or that they have none. Who left and has none is
// nobody to a search.
func (s *Search) person(r PageReader, by string, a Account, limit int) error {
	h := Hit{By: by, Account: a.Account, FullName: worded(a.FullName), Standing: a.Standing}
	if a.Tokens == 0 {
		if a.Standing == OnList {
			s.add(h)
		}
		return nil
	}
	return s.tokens(r, h, Filter{Account: token.Account(a.Account)}, limit)
}

// order adds the tokens of an order, which may be those of several batches.
func (s *Search) order(r PageReader, text string, after int64, limit int) error {
	batches, err := r.BatchFiles()
	if err != nil {
		return err
	}
	var last Token
	if after > 0 {
		serial, err := r.SerialOf(after)
		if err != nil {
			return err
		}
		if last, err = r.Find(serial); err != nil {
			return err
		}
	}
	for _, b := range batches {
		s.stored += b.New
		if b.Order == "" || squeezed(b.Order) != squeezed(text) || b.Number < last.Batch {
			continue
		}
		f := Filter{Batch: b.Number}
		if b.Number == last.Batch {
			f.After = last.Serial
		}
		if err := s.tokens(r, Hit{By: ByOrder}, f, limit); err != nil {
			return err
		}
	}
	return nil
}

// squeezed is an order as people say it: without the signs between its parts.
func squeezed(order string) string {
	return strings.NewReplacer(" ", "", "-", "", "/", "", ".", "").Replace(strings.ToLower(order))
}

// parts adds whose name or account has the text, and serials that begin with it.
func (s *Search) parts(r PageReader, text string, limit int) error {
	named, err := r.Named(text, limit)
	if err != nil {
		return err
	}
	for _, a := range named {
		by := ByNamePart
		if token.SameName(worded(a.FullName), text) {
			by = ByName
		}
		if err := s.person(r, by, a, limit); err != nil {
			return err
		}
	}
	for a, err := range r.Accounts(AccountFilter{Prefix: text, Tokens: true, Limit: limit}) {
		if err == nil {
			err = s.person(r, ByAccountStart, a, limit)
		}
		if err != nil {
			return err
		}
	}
	if len(s.Hits) > 0 {
		return nil
	}
	if login, _, is := strings.Cut(text, "@"); is && login != "" {
		return s.account(r, login, ByAddress, limit)
	}
	if err := s.tokens(r, Hit{By: BySerialStart}, Filter{Prefix: token.Serial(text)}, limit); err != nil || len(s.Hits) > 0 {
		return err
	}
	return s.serials(r, token.Serial(text), limit)
}

// serials adds those that end with the text, or else those that are near it.
func (s *Search) serials(r PageReader, text token.Serial, limit int) error {
	isEnd := len(text) >= ShortestEnd && !strings.Contains(string(text), " ")
	if s.Cut = isEnd && s.stored > mostEnds; isEnd && !s.Cut {
		if err := s.tokens(r, Hit{By: BySerialEnd}, Filter{Ending: text}, limit); err != nil || len(s.Hits) > 0 {
			return err
		}
	}
	near, err := r.NearSerials(text, mostNear+1)
	for _, serial := range near[:min(len(near), mostNear)] {
		s.add(Hit{By: BySerialNear, Serial: serial})
	}
	if s.More = len(near) > mostNear; err != nil || len(near) > 0 {
		return err
	}
	return s.names(r, string(text), limit)
}

// names adds people who are called nearly so.
func (s *Search) names(r PageReader, text string, limit int) error {
	near, err := r.NearNames(text, mostNear+1)
	for _, a := range near[:min(len(near), mostNear)] {
		one, err := AccountOf(r, a)
		if err == nil {
			err = s.person(r, ByNameNear, one, limit)
		}
		if err != nil {
			return err
		}
	}
	s.More = s.More || len(near) > mostNear
	return err
}

func (s *Search) tokens(r PageReader, h Hit, f Filter, limit int) error {
	left := limit - len(s.Hits)
	if left <= 0 {
		s.More = true
		return nil
	}
	f.Limit = limit + 1 // some may be here already
	for t, err := range r.Tokens(f) {
		if err != nil {
			return err
		}
		if left--; left < 0 {
			s.More = true
			break
		}
		h.Serial = t.Serial
		s.add(h)
	}
	return nil
}

// add adds what is not there yet: what was found first says best how.
func (s *Search) add(h Hit) {
	for _, has := range s.Hits {
		if has.Serial == h.Serial && (h.Serial != "" || strings.EqualFold(has.Account, h.Account)) {
			return
		}
	}
	s.Hits = append(s.Hits, h)
}
