package trail

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"fob/internal/token"
)

// A trail has millions of events, nearly all of them about one token, and reading
// them by reflection took two thirds of a verification. So an event that is spelt
// exactly as fob spells it is read here, in one pass over its bytes; whatever else
// is in a body is left to the strict reader. What is read here, that one reads the
// same: a fuzz target holds the two against each other.

// quickly reads an event about one token, with its detail.
func quickly(body []byte) (e Event, s spelt, ok bool) {
	c := cursor{rest: body}
	c.begin()
	e.Seq = c.int(`"seq":`)
	e.ID = c.uuid(`"id":"`)
	e.Time = Time{c.time(`"time":"`)}
	e.Store = c.uuid(`"store":"`)
	c.must(`"operator":`)
	c.begin()
	e.Operator.UID = int(c.int(`"uid":`))
	e.Operator.Name = c.text(`"name":"`)
	e.Operator.SudoUID = c.ifText(`"sudo_uid":"`)
	c.end()
	e.Host = c.text(`"host":"`)
	e.Command = token.Command(c.text(`"command":"`))
	c.must(`"object":`)
	c.begin()
	e.Object = Object{c.text(`"kind":"`), c.text(`"id":"`)}
	c.end()
	e.From, e.To = token.State(c.ifText(`"from":"`)), token.State(c.ifText(`"to":"`))
	e.Outcome = Outcome(c.text(`"outcome":"`))
	e.Reason = c.ifText(`"reason":"`)
	c.must(`"detail":`)
	from := c.rest
	s.read(&c)
	if c.bad || e.Object.Kind != KindToken {
		return Event{}, s, false
	}
	n := len(from) - len(c.rest)
	e.Detail = from[:n:n]
	e.Texts = c.texts()
	c.end()
	return e, s, !c.bad && len(c.rest) == 0
}

// quick reads the detail of an event about one token.
func (d *TokenDetail) quick(text []byte) bool {
	c := cursor{rest: text}
	var s spelt
	s.read(&c)
	if c.bad || len(c.rest) > 0 {
		return false
	}
	*d = s.detail()
	return true
}

// spelt is a TokenDetail as it lies in the bytes: with nothing to be allocated.
type spelt struct {
	after, marked, offset, observed, rated, opened, closed, moved bool

	d           TokenDetail // what is no pointer
	now         Mutable
	mark, steps int64
	seen        Observation
	rate        float64
	openedID    uuid.UUID
	closedID    uuid.UUID
	from        string
}

func (s *spelt) read(c *cursor) {
	c.begin()
	if s.after = c.field(`"after":`); s.after {
		s.mutable(c)
	}
	s.d.Codes, s.d.Steps = int(c.ifInt(`"codes":`)), int(c.ifInt(`"steps_searched":`))
	if s.offset = c.field(`"step_offset":`); s.offset {
		s.steps = c.number()
	}
	if s.observed = c.field(`"observation":`); s.observed {
		c.begin()
		s.seen.At = c.int(`"at":`)
		c.must(`"drift_seconds":`)
		s.seen.Drift = c.float()
		c.must(`"rate_ppm":`)
		if s.rated = !c.literal(`null`); s.rated {
			s.rate = c.float()
		}
		c.end()
	}
	if s.opened = c.field(`"binding_opened":"`); s.opened {
		s.openedID = c.id()
	}
	if s.closed = c.field(`"binding_closed":"`); s.closed {
		s.closedID = c.id()
	}
	s.d.Deep = c.ifTrue(`"deep":`)
	if s.moved = c.field(`"moved_from":"`); s.moved {
		s.from = c.string()
	}
	c.end()
}

func (s *spelt) mutable(c *cursor) {
	m := &s.now
	c.begin()
	m.Since = c.int(`"since":`)
	c.must(`"watermark":`)
	if s.marked = !c.literal(`null`); s.marked {
		s.mark = c.number()
	}
	m.Failures = int(c.int(`"failures":`))
	m.LockedUntil = c.int(`"locked_until":`)
	c.must(`"issued":`)
	m.Issued = c.bool()
	m.Location = c.text(`"location":"`)
	m.Reported = c.ifInt(`"reported":`)
	m.Stolen, m.SeedDestroyed = c.ifTrue(`"stolen":`), c.ifTrue(`"seed_destroyed":`)
	c.end()
}

func (s *spelt) detail() TokenDetail {
	d := s.d // its texts are copies; nothing of it lies in the bytes
	if s.after {
		d.After = new(s.now)
		d.After.Watermark = pointer(s.marked, s.mark)
	}
	d.Offset = pointer(s.offset, s.steps)
	if s.observed {
		d.Observation = new(s.seen)
		d.Observation.Rate = pointer(s.rated, s.rate)
	}
	d.Opened, d.Closed = pointer(s.opened, s.openedID), pointer(s.closed, s.closedID)
	d.MovedFrom = pointer(s.moved, s.from)
	return d
}

func pointer[T any](there bool, v T) *T {
	if !there {
		return nil
	}
	return &v
}

// cursor goes over the bytes of a JSON object whose fields stand in a known order.
// Once something is not as expected it is bad, and what it gives means nothing.
type cursor struct {
	rest  []byte
	first bool // the next field is the first of its object: no comma stands before it
	bad   bool
}

func (c *cursor) literal(s string) bool {
	if len(c.rest) < len(s) || string(c.rest[:len(s)]) != s {
		return false
	}
	c.rest = c.rest[len(s):]
	return true
}

func (c *cursor) begin() { c.bad, c.first = !c.literal(`{`) || c.bad, true }
func (c *cursor) end()   { c.bad, c.first = !c.literal(`}`) || c.bad, false }

// field reports whether a field follows; its name is given with the colon, that of a
// text with the first quote.
func (c *cursor) field(name string) bool {
	before := c.rest
	if (c.first || c.literal(`,`)) && c.literal(name) {
		c.first = false
		return true
	}
	c.rest = before
	return false
}

func (c *cursor) must(name string)              { c.bad = !c.field(name) || c.bad }
func (c *cursor) int(name string) int64         { c.must(name); return c.number() }
func (c *cursor) uuid(name string) uuid.UUID    { c.must(name); return c.id() }
func (c *cursor) time(name string) time.Time    { c.must(name); return c.instant() }
func (c *cursor) text(name string) string       { c.must(name); return c.string() }
func (c *cursor) ifTrue(name string) (set bool) { return c.field(name) && c.bool() }

func (c *cursor) ifInt(name string) (n int64) {
	if c.field(name) {
		n = c.number()
	}
	return n
}

func (c *cursor) ifText(name string) (s string) {
	if c.field(name) {
		s = c.string()
	}
	return s
}

func (c *cursor) bool() bool {
	if c.literal(`true`) {
		return true
	}
	c.bad = !c.literal(`false`) || c.bad
	return false
}

// number reads a whole number. The largest of 19 digits, and a zero with a sign, are
// left to the strict reader.
func (c *cursor) number() (n int64) {
	const longest = 19
	signed := c.literal(`-`)
	from := c.rest
	length := c.digits()
	if length == 0 || length > longest || length == longest && from[0] > '8' || from[0] == '0' && (length > 1 || signed) {
		c.bad = true
		return 0
	}
	for _, b := range from[:length] {
		n = n*10 + int64(b-'0')
	}
	if signed {
		n = -n
	}
	return n
}

// float reads a number of RFC 8259 section 6.
func (c *cursor) float() float64 {
	from := c.rest
	_ = c.literal(`-`)
	if !c.literal(`0`) {
		c.bad = c.digits() == 0 || c.bad
	}
	if c.literal(`.`) {
		c.bad = c.digits() == 0 || c.bad
	}
	if c.literal(`e`) {
		_ = c.literal(`-`) || c.literal(`+`)
		c.bad = c.digits() == 0 || c.bad
	}
	f, err := strconv.ParseFloat(string(from[:len(from)-len(c.rest)]), 64)
	c.bad = c.bad || err != nil
	return f
}

// digits counts those that follow, and passes them.
func (c *cursor) digits() (n int) {
	for n < len(c.rest) && c.rest[n]-'0' <= 9 {
		n++
	}
	c.rest = c.rest[n:]
	return n
}

// string reads a text behind its first quote.
func (c *cursor) string() string {
	for i, b := range c.rest {
		switch {
		case b == '"':
			s := c.rest[:i]
			c.rest = c.rest[i+1:]
			return common(s)
		case b == '\\' || b >= utf8.RuneSelf:
			return c.unquoted()
		case b < ' ':
			c.bad = true
			return ""
		}
	}
	c.bad = true
	return ""
}

// unquoted reads a text with characters that are spelt in several bytes.
func (c *cursor) unquoted() (s string) {
	for i := 0; i < len(c.rest); i++ {
		switch c.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := append([]byte{'"'}, c.rest[:i+1]...)
			c.bad = !utf8.Valid(quoted) || json.Unmarshal(quoted, &s) != nil || c.bad
			c.rest = c.rest[i+1:]
			return s
		}
	}
	c.bad = true
	return ""
}

// words are texts that nearly every event has: they need not be copied.
var words = func() map[string]string {
	all := map[string]string{}
	add := func(s string) { all[s] = s }
	for _, s := range []string{KindToken, string(Done), string(Refused), TextAccount, TextReason, TextTicket, TextApprover, TextProof, TextCondition} {
		add(s)
	}
	for _, s := range token.States() {
		add(string(s))
	}
	for _, s := range []token.Command{token.CmdAssign, token.CmdUnassign, token.CmdBind, token.CmdUnbind, token.CmdCheck, token.CmdResync,
		token.CmdMove, token.CmdUnlock, token.CmdSuspend, token.CmdResume, token.CmdLost, token.CmdFound, token.CmdRetire} {
		add(string(s))
	}
	return all
}()

func common(s []byte) string {
	const longest = len(token.Quarantined)
	if len(s) <= longest {
		if known, ok := words[string(s)]; ok {
			return known
		}
	}
	return string(s)
}

// id reads a UUID behind its first quote, as fob spells it.
func (c *cursor) id() (id uuid.UUID) {
	const length = 36
	if len(c.rest) <= length || c.rest[length] != '"' {
		c.bad = true
		return id
	}
	s := c.rest[:length]
	c.rest = c.rest[length+1:]
	at := 0
	for _, group := range [...]int{8, 4, 4, 4, 12} {
		n, err := hex.Decode(id[at:], s[:group])
		at, s = at+n, s[group:]
		c.bad = c.bad || err != nil || len(s) > 0 && s[0] != '-'
		s = s[min(1, len(s)):]
	}
	return id
}

// instant reads a time behind its first quote, as time.Time reads itself from JSON.
func (c *cursor) instant() (t time.Time) {
	n := bytes.IndexByte(c.rest, '"')
	if n < 0 || t.UnmarshalText(c.rest[:n]) != nil {
		c.bad = true
		return t
	}
	c.rest = c.rest[n+1:]
	return t
}

func (c *cursor) texts() map[string]string {
	if !c.field(`"texts":`) {
		return nil
	}
	all := map[string]string{}
	c.begin()
	for c.first || c.literal(`,`) {
		c.first = true // its comma is behind
		c.must(`"`)
		field := c.string()
		c.bad = !c.literal(`:"`) || c.bad
		all[field] = c.string()
		if c.bad {
			break
		}
	}
	c.end()
	return all
}
