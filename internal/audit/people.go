package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

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
	At int64 // Unix nanoseconds
}

// AccountRow is an account. Those that were only typed have no salt, and nothing
// but a name.
type AccountRow struct {
	Name     string
	Key      string
	Listed   bool
	Since    int64 // of Listed, Unix nanoseconds
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
// and its columns, each with its length or a fixed width. The spelling of the name
// is not among them, which the trail has from who typed it.
func (a AccountRow) Leaf() Hash {
	b := make([]byte, 0, 256)
	text := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = append(b, a.Salt...)
	for _, s := range []string{a.Key, a.Person, a.FullName} {
		text(s)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(a.Since))
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

// listWorld is a list as the trail tells it.
type listWorld struct {
	ListDetail
	at int64
}

// listed takes the import of a list into the world.
func (w *world) listed(e Event) error {
	l := listWorld{at: e.Time.UnixNano()}
	if err := e.decode(&l.ListDetail); err != nil {
		return err
	}
	if want := len(w.lists) + 1; l.Number != want {
		return fmt.Errorf("it is list %d of people, where list %d was due", l.Number, want)
	}
	w.lists = append(w.lists, l)
	return nil
}

// named is an account as an event named it. Which account that is now follows from
// the lists since.
type named struct {
	*Text     // nil: none; its Text is empty once erased
	lists int // how many lists there were by then
}

// renames tells who had a name until which list; the earliest first.
type renames map[string][]renamed

type renamed struct {
	until int
	now   string // what the account is called now
}

// compareLists holds lists and accounts against the trail. It goes before what
// names accounts.
func (w *world) compareLists(t Tables) error {
	n := 0
	for row, err := range t.ListRows() {
		if err != nil {
			return err
		}
		if n++; n > len(w.lists) {
			w.report.Problemf("list %d of people: the trail does not know it", row.Number)
			continue
		}
		if told := w.lists[n-1]; row.ListDetail != told.ListDetail || row.At != told.at {
			w.report.Problemf("list %d of people: its columns are not those of the trail", told.Number)
		}
	}
	if n < len(w.lists) {
		w.report.Problemf("%d lists of people are gone", len(w.lists)-n)
	}
	return w.compareAccounts(t)
}

func (w *world) compareAccounts(t Tables) error {
	var leaves []Hash
	var last ListDetail
	if n := len(w.lists); n > 0 {
		last = w.lists[n-1].ListDetail
	}
	here := 0
	w.renames = renames{}
	for row, err := range t.AccountRows() {
		if err != nil {
			return err
		}
		w.renames.add(row)
		if row.Salt == nil {
			if row.Listed || row.Since != 0 || row.Person != "" || row.FullName != "" || row.Former != nil {
				w.report.Problemf("an account is on a list, or was renamed, and no list committed to it")
			}
			continue
		}
		if row.Listed {
			here++
		}
		leaves = append(leaves, row.Leaf())
	}
	for key := range w.renames {
		slices.SortFunc(w.renames[key], func(a, b renamed) int { return a.until - b.until })
	}
	if n := len(leaves); here != last.Listed || n-here != last.Gone || n > 0 && Commit(leaves) != last.Contents {
		w.report.Problemf("the people of list %d are not those that the trail committed to (%d listed, %d left): an account was added, removed or changed",
			last.Number, last.Listed, last.Gone)
	}
	return nil
}

func (r renames) add(row AccountRow) {
	for _, f := range row.Former {
		r[f.Key] = append(r[f.Key], renamed{f.Until, row.Name})
	}
}

// now is what an account is called now that an event named when there were so many
// lists.
func (r renames) now(name string, lists int) string {
	for _, past := range r[token.Account(name).Key()] {
		if past.until > lists {
			return past.now
		}
	}
	return name
}

// compareAccount holds a name against the salted hash of the trail. A name that
// was erased there can no longer be compared.
func (w *world) compareAccount(what, name string, told named) {
	switch {
	case told.Text == nil && name != "":
		w.report.Problemf("%s: the table gives it to an account, the trail to none", what)
	case told.Text != nil && name == "":
		w.report.Problemf("%s: the trail gives it to an account, the table to none", what)
	case told.Text != nil && told.Salt != nil && !w.same(name, told):
		w.report.Problemf("%s: its account is not that of the trail", what)
	}
}

// same tells whether a name is what an account is called now. An account that was
// renamed to one that had been typed is spelled as the list has it.
func (w *world) same(name string, told named) bool {
	now := w.renames.now(told.Text.Text, told.lists)
	return name == now || len(w.renames) > 0 && token.Account(name).Key() == token.Account(now).Key()
}
