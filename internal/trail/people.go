package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"fob/internal/token"
)

// A list of people may have half a million names, of which each is some person's
// to have erased. So the event of an import does not hold them: it commits to the
// rows that the list left in the table of accounts, each by a hash under a salt of
// its own that lies in the row. What was erased of a row cannot be guessed from its
// hash, and all the others can still be verified.

// ListDetail is what the import of a list of people carries.
type ListDetail struct {
	Number   int    `json:"number"` // 1, 2, 3…
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Listed   int    `json:"listed"`            // accounts on the list
	Gone     int    `json:"gone"`              // accounts that left and had tokens
	Renamed  int    `json:"renamed,omitempty"` // by this list
	Contents string `json:"contents"`          // hex, of Listed and Gone rows
}

// AccountSaltLen is the length of an account's salt in bytes.
const AccountSaltLen = 16

// ListRow is a list of people as the table has it.
type ListRow struct {
	ListDetail
	At  time.Time
	Seq int64 // of its event
}

// AccountRow is an account. Those that were only typed have no salt, and nothing
// but a name.
type AccountRow struct {
	Name     string
	Key      string
	Held     bool // a token was given to it at some time
	Listed   bool
	Since    time.Time // of Listed
	Person   string
	FullName string
	Salt     []byte
	Former   []FormerName // the oldest first
}

// FormerName is a name that an account had until a list renamed it.
type FormerName struct {
	Key   string
	Name  string
	Until int // the number of that list
}

// Leaf is what stands for a row in what a list commits to: SHA-256 over its salt
// and its columns, each with its length or a fixed width. Whether it held a token is
// not among them, which the trail has from who gave it one.
func (a AccountRow) Leaf() Hash {
	b := make([]byte, 0, 256)
	text := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = append(b, a.Salt...)
	for _, s := range []string{a.Name, a.Key, a.Person, a.FullName} {
		text(s)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(nanos(a.Since)))
	if a.Listed {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	for _, f := range a.Former {
		text(f.Key)
		text(f.Name)
		b = binary.BigEndian.AppendUint64(b, uint64(f.Until))
	}
	return sha256.Sum256(b)
}

// Commit hashes the leaves of a list: SHA-256 over a label and the leaves in rising
// order, so that it says nothing of how the rows are kept. Leaves are sorted by it.
func Commit(leaves []Hash) string {
	slices.SortFunc(leaves, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	h.Write([]byte("fob-people-v1"))
	for _, l := range leaves {
		h.Write(l[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// FormerRow is a former name with what its account is called now.
type FormerRow struct {
	FormerName
	Now string
}

// Renames knows what accounts were called and are called.
type Renames struct {
	byName map[string][]FormerRow // by the key of a former name, the earliest first
	byNow  map[string][]FormerRow // by the key of the present one, the earliest first
}

// NewRenames takes rows in the order of the lists until which they held.
func NewRenames(rows iter.Seq2[FormerRow, error]) (Renames, error) {
	r := Renames{map[string][]FormerRow{}, map[string][]FormerRow{}}
	for f, err := range rows {
		if err != nil {
			return r, err
		}
		now := token.Account(f.Now).Key()
		r.byName[f.Key] = append(r.byName[f.Key], f)
		r.byNow[now] = append(r.byNow[now], f)
	}
	return r, nil
}

// at is what the account was called when there were so many lists that somebody
// called by a name when there were given of them. A name passes on to others.
func (r Renames) at(name string, given, lists int) string {
	if len(r.byName) == 0 {
		return name
	}
	for _, past := range r.byName[token.Account(name).Key()] {
		switch {
		case past.Until <= given:
			continue
		case past.Until > lists:
			return past.Name
		}
		for _, f := range r.byNow[token.Account(past.Now).Key()] {
			if f.Until > lists {
				return f.Name
			}
		}
		return past.Now
	}
	return name
}

// Now is what the account is called now that an event named when there were so many
// lists.
func (r Renames) Now(name string, lists int) string { return r.at(name, lists, math.MaxInt) }

func (f *Fold) listed(e *Event) error {
	l := ListRow{At: e.Time.UTC(), Seq: e.Seq}
	if err := e.decode(&l.ListDetail); err != nil {
		return err
	}
	if want := len(f.lists) + 1; l.Number != want && !f.part {
		return fmt.Errorf("it is list %d of people, where list %d was due", l.Number, want)
	}
	f.lists = append(f.lists, l)
	return nil
}

// erasedPerson is an account that was erased: what stands for it, and for its row in
// the newest list of its time.
type erasedPerson struct {
	name   string
	leaf   *Hash // nil: no list had it
	listed bool
	lists  int // how many lists there were
}

// erasedAccount puts what stands for the account in the place of the name that went.
func (f *Fold) erasedAccount(e *Event) error {
	var d EraseDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if d.Name == "" || d.Name != e.Object.ID {
		return fmt.Errorf("it erases %q and is about %q", d.Name, e.Object.ID)
	}
	p := erasedPerson{name: d.Name, listed: d.Listed, lists: len(f.lists)}
	if d.Leaf != "" {
		sum, err := hex.DecodeString(d.Leaf)
		if err != nil || len(sum) != len(Hash{}) {
			return errors.New("what stands for the erased row is not a hash")
		}
		p.leaf = (*Hash)(sum)
	}
	f.persons = append(f.persons, p)
	for _, key := range d.keys() {
		if key.seq >= e.Seq {
			return fmt.Errorf("it erases a text of event %d, which is not before it", key.seq)
		}
		if i := f.erased[key]; i != 0 {
			f.names[i] = d.Name
		}
	}
	return nil
}

// accountOf is the account that an event names; ok is false when it names none.
func (f *Fold) accountOf(e *Event, beside []Text) (a account, ok bool) {
	if e.Texts[TextAccount] == "" {
		return a, false
	}
	a.lists = uint32(len(f.lists))
	if name := plain(beside, TextAccount); name != "" {
		a.name = f.add(name)
		return a, true
	}
	a.erased = uint32(len(f.names))
	f.names = append(f.names, "")
	f.erased[textKey{e.Seq, TextAccount}] = a.erased
	return a, true
}

// nameAt is what an account is called when there are so many lists of people.
func (f *Fold) nameAt(a account, lists int) string {
	name := f.get(a.name)
	if a.erased != 0 {
		name = f.names[a.erased]
	}
	return f.renames.at(name, int(a.lists), lists)
}

func (a account) there() bool { return a.name != 0 || a.erased != 0 }
