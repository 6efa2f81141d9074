package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/store"
	"fob/internal/store/sqlite"
	"fob/internal/token"
	"fob/internal/trail"
)

// Copied is what a copy of a store holds.
type Copied struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Tokens int    `json:"tokens"`
	// Presses are those that count presses (HOTP) and are not retired.
	Presses int       `json:"hotp_tokens"`
	Events  int64     `json:"events"`
	Head    string    `json:"head"`
	Newest  time.Time `json:"newest_event_at"`
	// Missing is how many events behind the newest were seen from here of the store that
	// a restored one takes the place of; 0: none, or nobody knows.
	Missing int64 `json:"missing_events"`
}

// Backup copies the store while others work, into a file that appears whole or not at
// all. The copy is verified as a store of its own, without opening a seed, and the
// backup is an event: who destroys seeds later has to know which copies there are.
func (c Config) Backup(ctx context.Context, file string) (b Copied, err error) {
	s, err := c.openWatched(ctx)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	out, err := newCopy(file)
	if err != nil {
		return b, err
	}
	defer out.discard()
	if err := s.CopyTo(ctx, out.hidden); err != nil {
		return b, err
	}
	if err := sqlite.Settle(ctx, out.hidden); err != nil {
		return b, err
	}
	if b, err = c.verifyCopy(ctx, out.hidden); err != nil {
		return b, fault.Wrap(fault.KindOf(err), err, "the backup was not made").WithAdvice(fault.AdviceOf(err))
	}
	b.File = filepath.Base(file)
	if b.SHA256, b.Bytes, err = hashFile(out.hidden); err != nil {
		return b, err
	}
	err = keysOf(s).Update(ctx, func(tx keysTx) error {
		e, err := c.author(s).StoreEvent(token.CmdBackup, token.Words{})
		if err != nil {
			return err
		}
		return trail.Record(tx, e, trail.BackupDetail{File: b.File, SHA256: b.SHA256, Tokens: b.Tokens, Events: b.Events, Head: b.Head})
	})
	if err != nil {
		return b, err
	}
	return b, out.place()
}

// verifyCopy looks at a copy as a store of its own: every page, the trail, the tables.
func (c Config) verifyCopy(ctx context.Context, path string) (b Copied, err error) {
	s, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	defer boundMemory()()
	damage, err := s.Damage(ctx)
	if err != nil {
		return b, err
	}
	r, err := s.Verify(ctx, nil)
	if err != nil {
		return b, err
	}
	for _, p := range append(damage, r.Problems...) {
		return b, fault.Errorf(fault.Integrity, "the copy is not sound: %s", p).WithHint("look at the store with %s", fault.Do("doctor"))
	}
	b.Events, b.Head = r.Events, r.Head.String()
	if b.Tokens, b.Presses, err = s.CountTokens(ctx); err != nil {
		return b, err
	}
	return b, s.View(ctx, func(r desk.Reader) error {
		b.Newest, err = r.NewestEvent()
		return err
	})
}

func hashFile(path string) (sum string, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fault.Wrap(fault.Internal, err, "reading the file")
	}
	defer f.Close()
	h := sha256.New()
	if n, err = io.Copy(h, f); err != nil {
		return "", n, fault.Wrap(fault.Internal, err, "reading the file")
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// copyFile is a copy that lies beside its name until it is whole.
type copyFile struct {
	hidden, path string
	held         *os.File // so that nobody takes it for left behind
}

func newCopy(path string) (*copyFile, error) {
	if err := (OutFiles{}).Check(path); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, cannotMake(path, err)
	}
	f, err := NewWholeFile(dir)
	if err != nil {
		return nil, cannotBegin(path, err)
	}
	return &copyFile{f.Name(), path, f.File}, nil
}

func (f *copyFile) discard() {
	for _, end := range append(besideCopies, "") {
		os.Remove(f.hidden + end)
	}
	if f.held != nil {
		f.held.Close()
	}
}

// besideCopies are the ends of the names of what lies beside a database in the making.
var besideCopies = []string{"-wal", "-shm", "-journal", ".intent", ".lock"}

// place has it on the disk, and then gives it its name.
func (f *copyFile) place() error {
	file, err := os.OpenFile(f.hidden, os.O_RDWR, 0)
	if err != nil {
		return cannotMake(f.path, err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return cannotMake(f.path, err)
	}
	if err := os.Link(f.hidden, f.path); errors.Is(err, fs.ErrExist) {
		return taken(f.path)
	} else if err != nil {
		return cannotMake(f.path, err)
	}
	syncFolder(filepath.Dir(f.path))
	return nil
}

// syncFolder has the names of a folder outlive a crash, where the system can do that.
func syncFolder(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}

// stagedMark is in the name of a restored store that has not got its place yet.
const stagedMark = ".restoring-"

// Restore puts a backup in the place of a store that is not there. It is looked at as
// a whole first, and is an event of the restored store, with a second person and a
// reason; from then on this is what was seen of the store here. No code that could
// have been used before is accepted afterwards.
//
// Where the backup's policy guards it, it waits as a request in a staged copy beside
// the store's place: Staged says where.
func (c Config) Restore(ctx context.Context, file string, w token.Words) (b Copied, err error) {
	if err := c.MayRestore(file, w); err != nil {
		return b, err
	}
	sum, _, err := hashFile(file)
	if err != nil {
		return b, err
	}
	if c.DB, err = filepath.Abs(c.DB); err != nil {
		return b, fault.Wrap(fault.Internal, err, "finding %s", c.DB)
	}
	staged := c
	staged.DB = c.DB + stagedMark + sum[:16]
	fresh := !exists(staged.DB)
	if fresh {
		if err := c.stage(ctx, file, staged.DB, sum); err != nil {
			return b, err
		}
	}
	s, err := staged.openUnwatched(ctx)
	if err != nil {
		return b, err
	}
	b, waits, err := c.restoreIn(ctx, s, filepath.Base(file), sum, w)
	var restored store.Seen
	if err == nil {
		restored, err = s.Present(ctx)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		if fresh && !waits {
			(&copyFile{hidden: staged.DB}).discard()
		}
		return b, err
	}
	place := &copyFile{hidden: staged.DB, path: c.DB}
	if err := sqlite.Fold(ctx, staged.DB); err != nil {
		return b, err
	}
	if err := place.place(); err != nil {
		return b, err
	}
	if m := c.memoryOf(s.ID()); m != nil { // not sooner: the store that was seen may live as long as this one waits
		m.Saw(restored)
	}
	place.discard()
	return b, nil
}

// MayRestore refuses what Restore would refuse before it reads a backup.
func (c Config) MayRestore(file string, w token.Words) error {
	if err := c.checkDB(); err != nil {
		return err
	}
	if c.onServer() {
		return fault.Errorf(fault.NotAllowed, "%s is on a server: a backup is put back with the tools of PostgreSQL", c.DB).
			WithHint("restore into a file, and copy that: %s", fault.Do("migrate"))
	}
	if w.Reason == "" {
		return fault.Errorf(fault.Refused, "%s is needed: why is a backup put in the store's place?", fault.Reason)
	}
	for _, path := range []string{c.DB, c.DB + "-wal"} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fault.Errorf(fault.NotAllowed, "%s exists already, and a restore overwrites nothing; nothing was changed", path).
				WithHint("move it away and keep it, or name another place with %s", fault.DB)
		}
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return fault.Wrap(fault.Refused, err, "the backup cannot be read")
	case !info.Mode().IsRegular():
		return fault.Errorf(fault.Refused, "%s is no ordinary file", file)
	}
	if log, err := os.Stat(file + "-wal"); err == nil && log.Size() > 0 {
		return fault.Errorf(fault.Refused, "%s has a log beside it: it is a database in use, or a copy of one, and no backup", file).
			WithHint("a backup is made with %s", fault.Do(token.CmdBackup, "FILE"))
	}
	if err := os.MkdirAll(filepath.Dir(c.DB), 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "making the folder of the store")
	}
	return nil
}

// stage copies a backup beside the place of the store, once it was found sound.
func (c Config) stage(ctx context.Context, file, staged, sum string) error {
	out, err := newCopy(staged)
	if err != nil {
		return err
	}
	defer out.discard()
	from, err := os.Open(file)
	if err != nil {
		return fault.Wrap(fault.Refused, err, "the backup cannot be read")
	}
	defer from.Close()
	to, err := os.OpenFile(out.hidden, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return cannotMake(staged, err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return fault.Wrap(fault.Internal, err, "copying the backup")
	}
	if copied, _, err := hashFile(out.hidden); err != nil || copied != sum {
		return errors.Join(err, fault.Errorf(fault.Refused, "%s changed while it was read", file))
	}
	if _, err := c.verifyCopy(ctx, out.hidden); err != nil {
		return fault.Wrap(fault.KindOf(err), err, "%s was not restored", file).WithHint("nothing was changed; take another backup")
	}
	if info, err := os.Stat(filepath.Dir(staged)); err == nil && info.Mode()&os.ModeSetgid != 0 && info.Mode()&0o020 != 0 {
		_ = os.Chmod(out.hidden, 0o660) // the folder is shared with who may approve: else they could not
	}
	return out.place()
}

// Staged reports whether the store is a restored one that has not got its place yet.
func (c Config) Staged() bool { return strings.Contains(filepath.Base(c.DB), stagedMark) }

// restoreIn writes the event of a restore into the staged copy, or the request for it.
func (c Config) restoreIn(ctx context.Context, s *store.Store, file, sum string, w token.Words) (b Copied, waits bool, err error) {
	b.File, b.SHA256 = file, sum
	if err := c.questionKeys(ctx, s); err != nil {
		return b, false, err
	}
	var seen store.Seen
	if m := c.memoryOf(s.ID()); m != nil {
		if err := c.takesNoPlace(ctx, s, m); err != nil {
			return b, false, err
		}
		seen, _, _ = m.Last() // what cannot be read is no reason to be without a store
	}
	if b.Tokens, b.Presses, err = s.CountTokens(ctx); err != nil {
		return b, false, err
	}
	here := []fault.Setting{fault.DB.Is(s.Where())}
	err = s.Requests().Update(ctx, func(tx request.Tx) error {
		q := tx.(restoreTx)
		if err := b.endOf(q, sum); err != nil {
			return err
		}
		b.Missing = max(seen.Head.Seq-b.Events, 0)
		w, err := request.Gate{Operator: c.Operator, Now: c.Now, With: here}.Pass(tx, request.Order{Guard: token.GuardRestore, By: token.CmdRestore, Always: true,
			Files: []request.File{{Name: file, SHA256: sum}}, Effect: "put the backup " + file + " in the place of the store"}, w)
		if needed := (*request.Needed)(nil); err != nil && !errors.As(err, &needed) && fault.KindOf(err) != fault.Refused {
			err = fault.Wrap(fault.KindOf(err), err, "%s", s.Where()).WithAdvice(fault.AdviceOf(err))
		}
		if err != nil {
			return err
		}
		if err := q.EndSessions(); err != nil {
			return err
		}
		e, err := c.author(s).StoreEvent(token.CmdRestore, w)
		if err != nil {
			return err
		}
		return trail.Record(tx, e, trail.RestoreDetail{File: file, SHA256: sum, Newest: b.Newest})
	})
	waits, err = c.fileIn(ctx, s, err, here...)
	return b, waits, err
}

// fileIn makes a request of what waits for a second person, in a store that front ends
// do not find by themselves. Other errors, and nil, come back as they are.
func (c Config) fileIn(ctx context.Context, s *store.Store, err error, with ...fault.Setting) (waits bool, _ error) {
	var needed *request.Needed
	if !errors.As(err, &needed) {
		return false, err
	}
	q, err := request.Registry{Store: s.Requests(), Author: c.author(s)}.File(ctx, needed, nil)
	if err != nil {
		return false, err
	}
	return true, q.FiledIn(s.Where(), with...)
}

// endOf is where the backup itself ends: a staged copy that waited has the requests
// behind it, and who approved one.
func (b *Copied) endOf(q restoreTx, sum string) error {
	head, err := q.Head()
	if err != nil {
		return err
	}
	if b.Newest, err = q.NewestEvent(); err != nil {
		return err
	}
	asked, err := request.FirstAbout(q, sum)
	if err == nil && asked != 0 {
		var last trail.Stored
		if last, err = q.EventAt(asked - 1); err == nil {
			var e trail.Event
			e, err = trail.Parse(last.Entry)
			head, b.Newest = trail.Head{Seq: last.Seq, Hash: last.Hash}, e.Time.UTC()
		}
	}
	b.Events, b.Head = head.Seq, head.Hash.String()
	return err
}

// takesNoPlace refuses to restore beside the store itself, if that still goes on where
// it was seen last: the identity would take the restored one only from then on.
func (c Config) takesNoPlace(ctx context.Context, s *store.Store, m *memory) error {
	if c.Usual == "" || c.Usual == c.DB {
		return nil
	}
	live := c
	live.DB = c.Usual
	l, err := live.openCopy(ctx)
	if err != nil {
		return nil // none lives there
	}
	defer l.Close()
	if l.ID() != s.ID() || l.Continues(ctx, m) != nil {
		return nil
	}
	return fault.Errorf(fault.NotAllowed, "the store itself is at %s, and your identity would refuse it once this backup was restored; nothing was changed", c.Usual).
		WithHint("if the backup is to take its place, move it away first, and keep it; to look into the backup: %s; to rehearse, name a copy of the identity's folder with %s",
			fault.Do("list", fault.DB.Is("BACKUP"), fault.Identity.Is("none")), fault.Identity)
}

// restoreTx is what a restore reads and writes.
type restoreTx interface {
	request.Tx
	Head() (trail.Head, error)
	NewestEvent() (time.Time, error)
	EndSessions() error
}
