package sqlite

import (
	"os"
	"testing"

	"fob/internal/store/storetest"
	"fob/internal/token"
)

// The room of what was removed goes back to the system, and the rest stays.
func TestCompact(t *testing.T) {
	path := newPath(t)
	s := openStore(t, path)
	addBatch(t, s, newBatch("a"), numbered("T", 1, 300)...)
	var gone token.Batch
	mustUpdate(t, s, func(q storetest.Tx) (err error) {
		gone, err = storetest.Fill(q, newBatch("b"), numbered("U", 1, 20_000)...)
		return err
	})
	must(t, s.DiscardLoad(bg, gone.ID))
	_, err := s.EmptyLog(bg)
	must(t, err)
	before, err := os.Stat(path)
	must(t, err)
	freed, err := s.Compact(bg)
	must(t, err)
	after, err := os.Stat(path)
	must(t, err)
	if freed < before.Size()/2 || before.Size()-after.Size() != freed {
		t.Errorf("%d bytes of %d were returned, %d are left", freed, before.Size(), after.Size())
	}
	if again, err := s.Compact(bg); again != 0 || err != nil {
		t.Errorf("once more: %d, %v", again, err)
	}
	if damage, err := s.Damage(bg); len(damage) > 0 || err != nil {
		t.Error(damage, err)
	}
}
