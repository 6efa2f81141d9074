package web

import (
	"encoding/gob"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/web/signin"
)

// What a session holds, by key.
const (
	keyPerson  = "person"
	keyPending = "pending" // a sign-in that was begun
	keyGoOn    = "go-on"   // where to go after it
	keyLeft    = "left"    // whose that is
	keySaid    = "said"    // an answer that is to be shown
	keyFound   = "found"   // what was searched for
	keyBulk    = "bulk"    // what became of rows

	keyInventory = "inventory" // what of its filter stands in no address
)

func init() {
	gob.Register(person{})
	gob.Register(signin.Pending{})
	gob.Register(said{})
	gob.Register([]found{})
	gob.Register(bulkSent{})
	gob.Register(narrowed{})
}

func (s *Server) newSessions(in *sessionStore) *scs.SessionManager {
	m := scs.New()
	m.Store = in
	m.Lifetime, m.IdleTimeout = s.Config.Life, s.Config.Idle
	m.Cookie.Name, m.Cookie.Secure = "__Host-fob", true
	m.Cookie.HttpOnly, m.Cookie.Path, m.Cookie.SameSite = true, "/", http.SameSiteLaxMode // the way back from a provider is from another site
	m.Cookie.Persist = false
	if s.Demo != nil { // on this computer alone, without TLS
		m.Cookie.Name, m.Cookie.Secure = "fob-demo", false
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.Log.Error("session", "error", err)
		http.Error(w, "the session cannot be read", http.StatusInternalServerError)
	}
	return m
}

// said is an answer that is kept for the page that it is shown on, so that a reload
// shows it again and does nothing again.
type said struct {
	For    string // the path
	Good   bool
	HTML   string            // already made safe, with remedies as links
	Hint   string            // the same
	Asked  []string          // fields that the hint names
	Values map[string]string // what was typed, but for codes
}

// found is what was searched for, and is shown without its words in the address.
type found struct {
	ID   string // in its address
	What string
	report.Search
}

// mostResults is how many results a session keeps: of searches in several tabs, and on
// the way back.
const mostResults = 5

// conversation is an attempt at codes whose first code was typed. What was typed is
// written nowhere.
type conversation struct {
	*desk.Conversation
	sync.Mutex // one answer at a time
	attempt    attempt
	id         int64 // of the token
	whose      string
	values     map[string]string // of the form
}

// talkFor is how long a conversation may last, and mostTalks how many there may be.
const (
	talkFor   = 15 * time.Minute
	mostTalks = 10_000
)

// begun is what people began and did not end, in this process alone: by an id, or one
// thing for each person.
type begun[T any] struct {
	now  func() time.Time
	drop func(T) // forgets what is given up; nil: nothing is to be forgotten
	mu   sync.Mutex
	all  map[string]begunBy[T]
}

type begunBy[T any] struct {
	what T
	at   time.Time
}

// keep puts something in the place of what had its key before.
func (b *begun[T]) keep(key string, what T) {
	var given []T
	b.mu.Lock()
	if b.all == nil {
		b.all = map[string]begunBy[T]{}
	}
	for who, old := range b.all {
		if who == key || b.now().Sub(old.at) > talkFor || len(b.all) >= mostTalks {
			given = append(given, old.what)
			delete(b.all, who)
		}
	}
	b.all[key] = begunBy[T]{what, b.now()}
	b.mu.Unlock()
	for _, old := range given {
		if b.drop != nil {
			b.drop(old)
		}
	}
}

// find returns what was begun; ok is false if there is nothing, or no more.
func (b *begun[T]) find(key string) (what T, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.all[key]
	if !ok || b.now().Sub(one.at) > talkFor {
		return what, false
	}
	return one.what, true
}

func (b *begun[T]) end(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, key)
}
