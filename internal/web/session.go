package web

import (
	"encoding/gob"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"fob/internal/desk"
	"fob/internal/token"
	"fob/internal/web/signin"
)

// What a session holds, by key.
const (
	keyPerson  = "person"
	keyPending = "pending" // a sign-in that was begun
	keyGoOn    = "go-on"   // where to go after it
	keySaid    = "said"    // an answer that is to be shown
	keyFound   = "found"   // what was searched for
	keyBulk    = "bulk"    // what became of rows

	keyInventory = "inventory" // what of its filter stands in no address
)

func init() {
	gob.Register(person{})
	gob.Register(signin.Pending{})
	gob.Register(said{})
	gob.Register(found{})
	gob.Register([]bulkRow{})
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
	What    string
	Serials []token.Serial
	More    bool
}

// conversations are attempts at codes whose first code was typed. They live in this
// process alone: what was typed is written nowhere.
type conversations struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*conversation
}

// conversation is one of them, and whose it is.
type conversation struct {
	*desk.Conversation
	sync.Mutex // one answer at a time
	attempt    attempt
	id         int64 // of the token
	whose      string
	values     map[string]string // of the form
	began      time.Time
}

// talkFor is how long a conversation may last, and mostTalks how many there may be.
const (
	talkFor   = 15 * time.Minute
	mostTalks = 10_000
)

func (c *conversations) keep(id string, t *conversation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*conversation{}
	}
	for old, t := range c.all {
		if c.now().Sub(t.began) > talkFor || len(c.all) >= mostTalks {
			delete(c.all, old)
		}
	}
	t.began = c.now()
	c.all[id] = t
}

// find returns a conversation of a person; nil if it is over or somebody else's.
func (c *conversations) find(id, whose string) *conversation {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.all[id]
	if t == nil || t.whose != whose || c.now().Sub(t.began) > talkFor {
		return nil
	}
	return t
}

func (c *conversations) end(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, id)
}
