package intake

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"testing"
)

// More marks than memory holds come back in order, each once; so do a few.
func TestMarks(t *testing.T) {
	for _, n := range []int{0, 1, runLength, 5*runLength + 17} {
		m := marks{random: rand.Reader}
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
		m.end()
		if spooled := len(m.spooled) > 0; spooled != (n > runsInMemory*runLength) {
			t.Errorf("%d marks: spooled %v", n, spooled)
		}
		seen := newNumbers(n + 1)
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

func TestRank(t *testing.T) {
	s := newNumbers(1000)
	var members []uint32
	for n := uint32(0); n < 1000; n += 1 + n%7 {
		s.add(n)
		members = append(members, n)
	}
	s.count()
	for i, n := range members {
		if s.rank(n) != int64(i) || !s.has(n) {
			t.Errorf("%d has rank %d, not %d", n, s.rank(n), i)
		}
	}
}
