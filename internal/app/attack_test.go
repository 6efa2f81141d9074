package app_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/store/sqlite"
	"fob/internal/token"
)

// Anyone who can write the database, and has no key: they make keys of their own, wrap
// them to the victim's public recipient and to themselves, and have the trail say so.
// Everything agrees with everything, and they would read all seeds that come later.
func TestForgedKeysAreRefused(t *testing.T) {
	w := aLife(t)
	s, err := sqlite.OpenReadOnly(bg, w.config.DB)
	w.must(err)
	keys, err := s.Keys(bg)
	w.must(err)
	w.must(s.Close())
	victim, err := age.ParseX25519Recipient(keys.Custodians[0].Recipient)
	w.must(err)
	attacker, err := age.GenerateX25519Identity()
	w.must(err)
	var wrapped bytes.Buffer
	to, err := age.Encrypt(&wrapped, victim, attacker.Recipient())
	w.must(err)
	forged := make([]byte, 64)
	_, err = rand.Read(forged)
	w.must(err)
	_, err = to.Write(forged)
	w.must(err)
	w.must(to.Close())
	sum := sha256.Sum256(wrapped.Bytes())
	w.rewritten(keys.Detail().Wrapped, hex.EncodeToString(sum[:]), `UPDATE store SET wrapped = ?`, wrapped.Bytes())

	seen, err := filepath.Glob(filepath.Join(filepath.Dir(w.config.Identity), "seen-*"))
	w.must(err)
	if len(seen) != 1 {
		t.Fatalf("%d files tell what was seen", len(seen))
	}
	w.undetected("with what was seen")
	w.must(os.Remove(seen[0])) // the signature alone finds it too
	w.undetected("without")

	// The database's own public key, exchanged as well, vouches for nothing.
	w.rewritten(keys.CheckpointPub, strings.Replace(keys.CheckpointPub, "+", "+0", 1), `UPDATE store SET checkpoint_pub = ?`, strings.Replace(keys.CheckpointPub, "+", "+0", 1))
	w.undetected("with another public key")
}

// rewritten changes a text in the trail and a column to match, with every hash.
func (w *world) rewritten(was, is, statement string, value any) {
	w.t.Helper()
	db := w.open(w.config.DB)
	defer db.Close()
	triggers := w.dropTriggers(db)
	_, err := db.Exec(statement, value)
	w.must(err)
	rows, err := db.Query(`SELECT body FROM audit ORDER BY seq`)
	w.must(err)
	var bodies [][]byte
	for rows.Next() {
		var b []byte
		w.must(rows.Scan(&b))
		bodies = append(bodies, b)
	}
	w.must(rows.Close())
	var before [32]byte
	for i, body := range bodies {
		body = bytes.ReplaceAll(body, []byte(was), []byte(is))
		h := sha256.New()
		h.Write([]byte("fob-audit-v1"))
		h.Write(before[:])
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(body))))
		h.Write(body)
		before = [32]byte(h.Sum(nil))
		_, err := db.Exec(`UPDATE audit SET body = ?, hash = ? WHERE seq = ?`, body, before[:], i+1)
		w.must(err)
	}
	for _, t := range triggers {
		_, err := db.Exec(t)
		w.must(err)
	}
}

// undetected complains where a command takes what is there.
func (w *world) undetected(how string) {
	w.t.Helper()
	if _, _, err := w.config.Keys(bg); fault.KindOf(err) != fault.Integrity {
		w.t.Errorf("%s: key list says %v", how, err)
	}
	d, done, err := w.config.Desk(bg)
	if err == nil { // a bind and an import open the keys first
		_, err = d.Keys(bg)
		w.must(done())
	}
	if fault.KindOf(err) != fault.Integrity {
		w.t.Errorf("%s: a bind says %v", how, err)
	}
	r, err := w.config.VerifyTrail(bg, nil)
	w.must(err)
	if r.OK() {
		w.t.Errorf("%s: verify finds nothing", how)
	}
	checks, err := w.config.Doctor(bg, true, func(int, int) {})
	w.must(err)
	found := 0
	for _, c := range checks {
		found += len(c.Findings)
	}
	if found == 0 {
		w.t.Errorf("%s: doctor finds nothing", how)
	}
}

// An older database in the place of the newest is refused, until a second person
// accepts it.
func TestRollback(t *testing.T) {
	w := aLife(t)
	older, err := os.ReadFile(w.config.DB)
	w.must(err)
	d, done, err := w.config.Desk(bg)
	w.must(err)
	w.share(d, "7")
	w.must(done())
	w.must(os.WriteFile(w.config.DB, older, 0o600))

	_, _, err = w.config.Desk(bg)
	refused(t, "to write", err, "older copy")
	_, _, err = w.config.Reports(bg)
	refused(t, "to read", err, "older copy")
	w.undetected("rolled back")
	_, err = w.config.AcceptTrail(bg, desk.Words{Approver: "Eva"})
	if fault.KindOf(err) != fault.Refused {
		t.Errorf("without a reason: %v", err)
	}
	auditor := w.config
	auditor.Identity = ""
	_, end, err := auditor.Reports(bg)
	w.must(err)
	w.must(end())

	words := desk.Words{Approver: "Eva", Reason: "the disk failed"}
	a, err := w.config.AcceptTrail(bg, words)
	w.must(err)
	if a.Seen.Seq != a.Found.Seq+1 {
		t.Errorf("accepted %+v", a)
	}
	w.verified()
	_, err = w.config.AcceptTrail(bg, words)
	if fault.KindOf(err) != fault.NotAllowed {
		t.Errorf("nothing is to be accepted: %v", err)
	}

	// Another future of the same store, as long as the first.
	w.must(os.WriteFile(w.config.DB, older, 0o600))
	w.must(removeSeen(w.config))
	d, done, err = w.config.Desk(bg)
	w.must(err)
	w.share(d, "8")
	w.must(done())
	other, err := os.ReadFile(w.config.DB)
	w.must(err)
	w.must(os.WriteFile(w.config.DB, older, 0o600))
	w.must(removeSeen(w.config))
	d, done, err = w.config.Desk(bg)
	w.must(err)
	w.share(d, "7")
	w.must(done())
	w.must(os.WriteFile(w.config.DB, other, 0o600))
	_, _, err = w.config.Desk(bg)
	refused(t, "another future", err, "is not the one that was seen")
}

// share writes an event.
func (w *world) share(d *desk.Desk, n string) {
	w.t.Helper()
	_, err := d.Relocate(bg, desk.Relocation{Serials: []token.Serial{serial(0)}, To: "Room " + n, New: true})
	w.must(err)
}

func removeSeen(c app.Config) error {
	all, err := filepath.Glob(filepath.Join(filepath.Dir(c.Identity), "seen-*"))
	for _, path := range all {
		os.Remove(path)
	}
	return err
}

func refused(t *testing.T, what string, err error, words string) {
	t.Helper()
	if fault.KindOf(err) != fault.Integrity || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v", what, err)
	}
}

// What was seen is a small text that an administrator can read.
func TestWhatWasSeen(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(bg)
	w.must(err)
	w.importFile(d, "../../testdata/seedfiles/delivery.csv")
	w.must(done())
	all, err := filepath.Glob(filepath.Join(filepath.Dir(w.config.Identity), "seen-*"))
	w.must(err)
	if len(all) != 1 {
		t.Fatalf("%q", all)
	}
	content, err := os.ReadFile(all[0])
	w.must(err)
	var seen struct {
		Event int `json:"newest_event"`
	}
	if err := json.Unmarshal(content, &seen); err != nil || seen.Event != 2 {
		t.Errorf("%s: %v", content, err)
	}
	w.must(os.WriteFile(all[0], []byte("nonsense"), 0o600))
	_, _, err = w.config.Reports(bg)
	refused(t, "damaged", err, "does not say")
	w.must(os.WriteFile(all[0], nil, 0o600)) // a power cut
	_, end, err := w.config.Reports(bg)
	w.must(err)
	w.must(end())
}
