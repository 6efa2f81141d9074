package intake

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"testing"
)

// More marks than memory holds come back in order, each once; so do a few.
func TestRuns(t *testing.T) {
	for _, n := range []int{0, 1, runLength, 5*runLength + 17} {
		m := runs{random: rand.Reader}
		defer m.close()
		random := mathrand.New(mathrand.NewPCG(1, uint64(n)))
		var sum int64
		for i := range n {
			key := int64(random.Uint64() >> 40) // so few that many are equal
			sum += key
			if err := m.add(key, uint32(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.end(); err != nil {
			t.Fatal(err)
		}
		if spooled := m.spooled != nil; spooled != (n > runsInMemory*runLength) {
			t.Errorf("%d marks: spooled %v", n, spooled)
		}
		seen := newBitset(n + 1)
		last, count := mark{key: -1}, 0
		err := m.each(func(x mark) error {
			if compareMarks(last, x) >= 0 || seen.has(x.n) {
				t.Fatalf("%v after %v", x, last)
			}
			seen.add(x.n)
			last, sum, count = x, sum-x.key, count+1
			return nil
		})
		if err != nil || count != n || sum != 0 {
			t.Errorf("%d of %d marks, keys differ by %d, %v", count, n, sum, err)
		}
	}
}
