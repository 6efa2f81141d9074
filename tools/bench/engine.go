package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/store"
	"fob/internal/store/sqlite"
	"fob/internal/token"
)

// The floor of an import: the same rows, read, judged and sealed already, given to
// the store by a program that does nothing else. What an import takes longer is
// what fob can still save; the rest is SQLite, translated to Go, with fob's tables.

// sealedSize is the length of a sealed seed of 20 bytes.
const sealedSize = 53

// storeAlone fills a store that was just founded, and prints the seconds it took.
func storeAlone(ctx context.Context, path string, n int) error {
	rows, prints, err := readyRows(n)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := fill(ctx, s, rows, prints); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Println(time.Since(began).Seconds())
	return nil
}

func readyRows(n int) ([]desk.Row, []desk.Fingerprint, error) {
	sealed := make([]byte, n*sealedSize)
	if _, err := rand.Read(sealed); err != nil {
		return nil, nil, err
	}
	rows, prints := make([]desk.Row, n), make([]desk.Fingerprint, n)
	for i := range rows {
		own := sealed[i*sealedSize : (i+1)*sealedSize]
		print := int64(uint64(i+1) * 0x9E3779B97F4A7C15) // all different, in no order
		rows[i] = desk.Row{Sealed: own, Facts: token.Facts{
			Serial:  token.Serial(fmt.Sprintf("%013d", 2600412300001+i)),
			Profile: token.Profile{Params: token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}}, Fingerprint: print}}
		prints[i] = desk.Fingerprint{Value: print}
	}
	return rows, prints, nil
}

// fill does what the last stages of an import do.
func fill(ctx context.Context, s *store.Store, rows []desk.Row, prints []desk.Fingerprint) error {
	b := token.Batch{UUID: uuid.New(), By: token.Operator{Kind: token.OperatorOS, ID: "0", Name: "bench"}, File: "rows", Records: len(rows), New: len(rows), Imported: time.Now()}
	release, err := s.HoldLoad(b.UUID)
	if err != nil {
		return err
	}
	defer release()
	if err := s.Update(ctx, func(tx desk.Tx) (err error) { b, err = tx.CreateBatch(b, len(rows)); return err }); err != nil {
		return err
	}
	for i := range rows {
		rows[i].ID = b.FirstID + int64(i)
		prints[i].TokenID = rows[i].ID
	}
	for slice := range slices.Chunk(rows, intake.SliceSize) {
		if err := s.Intake().Load(ctx, func(tx intake.Tx) error { return tx.InsertTokens(b, slice) }); err != nil {
			return err
		}
	}
	slices.SortFunc(prints, func(a, b desk.Fingerprint) int { return cmp.Compare(a.Value, b.Value) })
	for slice := range slices.Chunk(prints, intake.SliceSize) {
		if err := s.Intake().Load(ctx, func(tx intake.Tx) error { return tx.InsertFingerprints(slice) }); err != nil {
			return err
		}
	}
	return s.Update(ctx, func(tx desk.Tx) error { _, err := tx.CompleteBatch(b); return err })
}

// alone times it in a process of its own, by that one's own clock: making the rows
// is not counted.
func (b *bench) alone(ctx context.Context) error {
	if err := os.RemoveAll(b.store()); err != nil {
		return err
	}
	if out, err := b.fob.Command(ctx, "init").CombinedOutput(); err != nil {
		return fmt.Errorf("fob init: %w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, self, "-alone", filepath.Join(b.store(), "data", "fob.db"), "-n", strconv.Itoa(b.n)).Output()
	if err != nil {
		return fmt.Errorf("filling a store: %w", err)
	}
	took, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	b.loads.alone = append(b.loads.alone, usage{seconds: took})
	return err
}
