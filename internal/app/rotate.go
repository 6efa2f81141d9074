package app

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

// Rotated is what a rotation came to.
type Rotated struct {
	Key        int64 `json:"key"`     // number of the new store key
	Seeds      int   `json:"seeds"`   // encrypted anew
	Resumed    bool  `json:"resumed"` // a rotation that was broken off was finished
	Generation int64 `json:"generation"`
	LogEmptied bool  `json:"log_emptied"` // else somebody still read an older state
}

// Rotate makes a new store key and encrypts every seed anew. From its first small
// transaction on the store has both keys, and new seals are made under the new one;
// seeds follow in slices, between which others write; the last small transaction
// drops the old key. Broken off at any point, both keys stay and every seed opens;
// the next rotation goes on there. Progress is told how many seeds are done.
func (c Config) Rotate(ctx context.Context, w token.Words, progress func(done, all int)) (res Rotated, err error) {
	s, err := c.openWatched(ctx)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	order := request.Order{Guard: token.GuardRotate, By: token.CmdKeyRotate, Effect: "make a new store key and encrypt every seed anew"}
	if err := c.mayChangeKeys(ctx, s, order, w); err != nil {
		return res, err
	}
	key, err := c.checkpointKey(s)
	if err != nil {
		return res, err
	}
	opened, err := c.openKeys(ctx, s)
	if err != nil {
		return res, err
	}
	defer func() { opened.clear() }()
	if err := s.SweepLoads(ctx); err != nil {
		return res, err
	}
	if res.Resumed = opened.rotating(); !res.Resumed {
		fresh, err := custody.NewKey(c.Random)
		if err != nil {
			return res, err
		}
		opened.open = append(opened.open, fresh)
		last := opened.Keys.Keys[len(opened.Keys.Keys)-1]
		opened.Keys.Keys = append(slices.Clone(opened.Keys.Keys), trail.KeyRow{ID: last.ID + 1, Purpose: store.KeySeed, Created: c.Now().UTC()})
		if err := c.replaceKeys(ctx, s, order, w, opened.Keys, opened.open, key); err != nil {
			return res, err
		}
		opened.Generation++
	}
	ring, err := opened.keyring(s.ID())
	if err != nil {
		return res, err
	}
	defer ring.Close()
	res.Key = int64(ring.KeyID())
	if res.Seeds, err = reseal(ctx, s, ring, progress); err != nil {
		return res, brokenOff(err)
	}
	kept := openedKeys{Keys: opened.Keys}
	kept.Keys.Keys = nil
	for i, row := range opened.Keys.Keys {
		if row.Purpose != store.KeySeed || row.ID == res.Key {
			kept.Keys.Keys, kept.open = append(kept.Keys.Keys, row), append(kept.open, opened.open[i])
		}
	}
	if !res.Resumed {
		order.Guard = "" // this is the end of what was let through
	}
	if err := c.replaceKeys(ctx, s, order, w, kept.Keys, kept.open, key); err != nil {
		return res, brokenOff(err)
	}
	res.Generation = kept.Generation + 1
	res.LogEmptied, err = s.EmptyLog(context.WithoutCancel(ctx))
	return res, err
}

// rotating reports whether there are two keys for seeds.
func (o openedKeys) rotating() bool { return isRotating(o.Keys) }

func isRotating(k store.Keys) bool {
	n := 0
	for _, row := range k.Keys {
		if row.Purpose == store.KeySeed {
			n++
		}
	}
	return n > 1
}

func brokenOff(err error) error {
	kind := fault.KindOf(err)
	if errors.Is(err, context.Canceled) {
		kind = fault.Interrupted
	}
	return fault.Wrap(kind, err, "the rotation was broken off: the old key and the new one both stay, and every seed opens").
		WithHint("%s goes on where it stopped", fault.Do(token.CmdKeyRotate))
}

// resealSlice is how many seeds one transaction encrypts anew: the desk waits for
// no longer than that takes, a few hundredths of a second.
const resealSlice = 2000

// reseal encrypts anew what is sealed under an older key. While one slice is written,
// the next one is read and encrypted.
func reseal(ctx context.Context, s *store.Store, ring *custody.Keyring, progress func(done, all int)) (n int, err error) {
	all, err := s.CountSeeds(ctx)
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	slicesOf := make(chan []store.Resealed, 2)
	group.Go(func() error {
		defer close(slicesOf)
		for after := int64(0); ; {
			page, err := s.SealedPage(ctx, after, resealSlice)
			if err != nil || len(page) == 0 {
				return err
			}
			after = page[len(page)-1].ID
			if page, err = resealPage(ring, page); err != nil {
				return err
			}
			select {
			case slicesOf <- page:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	group.Go(func() error {
		for page := range slicesOf {
			if err := s.Reseal(ctx, page); err != nil {
				return err
			}
			n += len(page)
			progress(n, all)
		}
		return nil
	})
	err = group.Wait()
	return n, err
}

// resealPage does so on all cores. Seeds that are sealed under the newest key already
// are left out.
func resealPage(ring *custody.Keyring, page []store.Resealed) ([]store.Resealed, error) {
	page = slices.DeleteFunc(page, func(r store.Resealed) bool { return custody.SealedUnder(r.Was) == ring.KeyID() })
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	share := (len(page) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for part := range slices.Chunk(page, max(share, 1)) {
		group.Go(func() {
			for i := range part {
				if err := resealOne(ring, &part[i]); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return page, nil
}

func resealOne(ring *custody.Keyring, r *store.Resealed) error {
	seed, err := ring.Open(r.Place, r.Was)
	if err != nil {
		return err
	}
	defer seed.Clear()
	r.Is, err = ring.Seal(r.Place, seed)
	return err
}
