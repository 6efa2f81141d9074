package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

// memory keeps, beside the identity, how far a store was: one small file for each
// store, replaced after every write, and on the disk before the next one.
//
// A desk writes beside imports of gigabytes, and who makes a file or syncs a folder
// waits until the file system has written all of that. So there are two files that take
// turns: the older one, which nobody reads, is overwritten, and they exchange names. After
// a power cut the names may be those of before: then the last but one is remembered.
type memory struct{ path string }

// rememberedSize is the length of the file: the same for any store, so that it can be
// overwritten, and less than a disk writes at once.
const rememberedSize = 256

// spare is the file that is overwritten next.
func (m *memory) spare() string {
	return filepath.Join(filepath.Dir(m.path), "."+filepath.Base(m.path))
}

// remembered is what the file holds.
type remembered struct {
	Seq        int64  `json:"newest_event"`
	Hash       string `json:"hash"`
	Generation int64  `json:"key_generation"`
}

// memoryOf is the memory of a store; nil where there is neither an identity nor
// anything that was seen: an auditor's copy has nothing to be held against.
func (c Config) memoryOf(id uuid.UUID) *memory {
	if strings.Contains(filepath.Base(c.DB), stagedMark) { // it has no place yet
		return nil
	}
	folder := c.Memory
	if folder == "" && c.Identity != "" {
		folder = filepath.Dir(c.Identity)
	}
	if folder == "" {
		return nil
	}
	m := &memory{filepath.Join(folder, "seen-"+id.String())}
	for _, path := range []string{m.path, c.Identity, c.checkpointPath(), filepath.Join(c.anchors(), custody.PublicFile)} {
		if exists(path) {
			return m
		}
	}
	return nil
}

// Last reads what was seen last. A file that a power cut left empty counts as none.
func (m *memory) Last() (s store.Seen, ok bool, err error) {
	content, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(content) == 0 {
		return s, false, nil
	}
	if err != nil {
		return s, false, fault.Wrap(fault.Internal, err, "what was seen of this store before cannot be read")
	}
	var r remembered
	err = json.Unmarshal(content, &r)
	hash, err2 := hex.DecodeString(r.Hash)
	if err != nil || err2 != nil || len(hash) != len(s.Head.Hash) {
		return s, false, fault.Errorf(fault.Integrity, "%s does not say what was seen of this store before: it is damaged", m.path).
			WithHint("look at the store with %s; if it is sound, remove the file: it is made again", fault.Do("audit verify"))
	}
	return store.Seen{Head: trail.Head{Seq: r.Seq, Hash: trail.Hash(hash)}, Generation: r.Generation}, true, nil
}

// Saw replaces the file. Where the folder cannot be written (a medium that is read
// only, an identity of somebody else), nothing is remembered, which Doctor tells.
func (m *memory) Saw(s store.Seen) { _ = m.save(s) }

func (m *memory) save(s store.Seen) error {
	content, err := json.Marshal(remembered{s.Head.Seq, s.Head.Hash.String(), s.Generation})
	if err != nil {
		return err
	}
	content = append(content, bytes.Repeat([]byte{' '}, max(rememberedSize-1-len(content), 0))...)
	content = append(content, '\n')
	made := m.spare() // one writer at a time: it has the store's turn
	if overwrite(made, content) == nil && exchange(made, m.path) == nil {
		return nil
	}
	if err := os.Remove(made); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(made, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if exchange(made, m.path) != nil { // the first file is still missing, or this system cannot exchange names
		if err := os.Rename(made, m.path); err != nil {
			return err
		}
	}
	syncFolder(filepath.Dir(m.path))
	return nil
}

// Accepted is what AcceptTrail took for good.
type Accepted struct {
	Seen  trail.SeenHead `json:"seen"`  // before
	Found trail.SeenHead `json:"found"` // what the store had
}

// TrailToAccept returns where a store was seen last, and refuses while AcceptTrail
// would: a person should not be asked for nothing.
func (c Config) TrailToAccept(ctx context.Context, w token.Words) (seen store.Seen, err error) {
	if w.Reason == "" {
		return seen, fault.Errorf(fault.Refused, "%s is needed: why is this state right, though it does not continue what was seen?", fault.Reason)
	}
	s, err := c.openCopy(ctx)
	if err != nil {
		return seen, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	m := c.memoryOf(s.ID())
	if m == nil {
		return seen, nothingSeen()
	}
	seen, ok, err := m.Last()
	if err == nil && !ok {
		err = nothingSeen()
	}
	if err != nil {
		return seen, err
	}
	switch err := s.Continues(ctx, m); {
	case err == nil:
		return seen, fault.Errorf(fault.NotAllowed, "the store continues what was seen of it here; there is nothing to accept")
	case fault.KindOf(err) != fault.Integrity:
		return seen, err
	}
	_, err = c.genuineKeys(ctx, s)
	return seen, err
}

func nothingSeen() error {
	return fault.Errorf(fault.NotAllowed, "nothing was seen of this store here; there is nothing to accept")
}

// AcceptTrail records that a store does not continue what was seen of it here, and is
// right all the same: a backup was restored. From then on that is what was seen. It is
// an event of the store, with a second person and a reason. The error is NotAllowed
// where there is nothing to accept. Anyone who restores a backup calls it, after the
// restored database has its place.
func (c Config) AcceptTrail(ctx context.Context, w token.Words) (a Accepted, err error) {
	seen, err := c.TrailToAccept(ctx, w)
	if err != nil {
		return a, err
	}
	s, err := c.openUnwatched(ctx)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	m := c.memoryOf(s.ID())
	s.Watch(accepting{m})
	err = keysOf(s).Update(ctx, func(tx keysTx) error {
		if err := desk.Demand(tx, token.CmdAuditAccept, w); err != nil {
			return err
		}
		head, err := tx.Head()
		if err != nil {
			return err
		}
		a = Accepted{Seen: trail.SeenHead{Seq: seen.Head.Seq, Hash: seen.Head.Hash.String()}, Found: trail.SeenHead{Seq: head.Seq, Hash: head.Hash.String()}}
		e, err := c.author(s).StoreEvent(token.CmdAuditAccept, w)
		if err != nil {
			return err
		}
		return trail.Record(tx, e, trail.AcceptDetail{Seen: a.Seen, Found: a.Found})
	})
	if err == nil && s.Continues(ctx, m) != nil {
		err = fault.Errorf(fault.Internal, "the acceptance is recorded, but %s cannot be written", m.path)
	}
	return a, err
}

// accepting takes whatever is there.
type accepting struct{ *memory }

func (accepting) Last() (s store.Seen, ok bool, err error) { return s, false, nil }
