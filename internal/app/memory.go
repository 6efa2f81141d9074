package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/request"
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
	if c.Staged() { // it has no place yet
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

// TrailToAccept refuses while AcceptTrail would: a person should not be asked for
// nothing.
func (c Config) TrailToAccept(ctx context.Context, w token.Words) error {
	s, err := c.openCopy(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	seen, _, err := c.acceptable(ctx, s, w)
	if err != nil {
		return err
	}
	err = s.Requests().View(ctx, func(r request.Reader) error {
		_, err := c.passAccept(r, seen, w)
		return err
	})
	if errors.As(err, new(*request.Needed)) {
		return nil
	}
	return err
}

// acceptable returns where a store was seen last, or says why there is nothing to accept.
func (c Config) acceptable(ctx context.Context, s *store.Store, w token.Words) (seen store.Seen, m *memory, err error) {
	if w.Reason == "" {
		return seen, nil, fault.Errorf(fault.Refused, "%s is needed: why is this state right, though it does not continue what was seen?", fault.Reason)
	}
	if m = c.memoryOf(s.ID()); m == nil {
		return seen, nil, nothingSeen()
	}
	seen, ok, err := m.Last()
	if err == nil && !ok {
		err = nothingSeen()
	}
	if err != nil {
		return seen, nil, err
	}
	switch err := s.Continues(ctx, m); {
	case err == nil:
		return seen, nil, fault.Errorf(fault.NotAllowed, "the store continues what was seen of it here; there is nothing to accept")
	case fault.KindOf(err) != fault.Integrity:
		return seen, nil, err
	}
	_, err = c.genuineKeys(ctx, s)
	return seen, m, err
}

func nothingSeen() error {
	return fault.Errorf(fault.NotAllowed, "nothing was seen of this store here; there is nothing to accept")
}

// unseen is how a request is reached in a store that the identity refuses.
func unseen() fault.Setting { return fault.Identity.Is("none") }

// passAccept lets an acceptance through: to put an older state in the place of the store
// and to take one that somebody put there are guarded alike.
func (c Config) passAccept(r request.Reader, seen store.Seen, w token.Words) (token.Words, error) {
	return request.Gate{Operator: c.Operator, Now: c.Now, With: []fault.Setting{unseen()}}.Pass(r, request.Order{
		Guard: token.GuardRestore, By: token.CmdAuditAccept, Always: true, What: []string{fmt.Sprintf("seen=%d", seen.Head.Seq)},
		Effect: fmt.Sprintf("take the trail of %s as it is, though event %d was seen and it does not go on there", filepath.Base(c.DB), seen.Head.Seq),
	}, w)
}

// AcceptTrail records that a store does not continue what was seen of it here, and is
// right all the same: a backup was restored. From then on that is what was seen. It is
// an event of the store, with a second person and a reason, and guarded as a restore is.
// The error is NotAllowed where there is nothing to accept.
func (c Config) AcceptTrail(ctx context.Context, w token.Words) (a Accepted, err error) {
	s, err := c.openUnwatched(ctx)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	seen, m, err := c.acceptable(ctx, s, w)
	if err != nil {
		return a, err
	}
	var now store.Seen
	err = s.Requests().Update(ctx, func(tx request.Tx) error {
		w, err := c.passAccept(tx, seen, w)
		if err != nil {
			return err
		}
		q := tx.(restoreTx)
		head, err := q.Head()
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
	if err == nil {
		now, err = s.Present(ctx)
	}
	if _, err := c.fileIn(ctx, s, err, unseen()); err != nil {
		return a, err
	}
	if m.save(now) != nil {
		err = fault.Errorf(fault.Internal, "the acceptance is recorded, but %s cannot be written", m.path)
	}
	return a, err
}
