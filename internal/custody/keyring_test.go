package custody

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"sync"
	"testing"

	"fob/internal/fault"
	"fob/internal/token"
)

func seal(t *testing.T, k *Keyring, serial string) []byte {
	t.Helper()
	sealed, err := k.Seal(of(serial), testSeed())
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealOpen(t *testing.T) {
	k := testKeyring(t)
	for _, n := range []int{1, 10, 16, 20, 32, 64, 128} {
		seed := token.NewSeed(bytes.Repeat([]byte{byte(n)}, n))
		sealed, err := k.Seal(of("0012345"), seed)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != sealOverhead+n || cap(sealed) != len(sealed) {
			t.Errorf("%d bytes sealed to %d of %d", n, len(sealed), cap(sealed))
		}
		got, err := k.Open(of("0012345"), sealed)
		if err != nil || !got.Equal(seed) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if bytes.Equal(seal(t, k, "A"), seal(t, k, "A")) {
		t.Error("the nonce is not random")
	}
	sealed := seal(t, k, "A")
	if sealed[0] != 1 || binary.BigEndian.Uint32(sealed[1:]) != 7 {
		t.Errorf("header %x, want version 1, key 7", sealed[:sealHeader])
	}
}

func TestSerialIsFolded(t *testing.T) {
	k := testKeyring(t)
	if _, err := k.Open(of("ABC1"), seal(t, k, "abc1")); err != nil {
		t.Errorf("a serial in another case lost its seed: %v", err)
	}
}

func TestSealRefuses(t *testing.T) {
	k := testKeyring(t)
	_, err := k.Seal(of("X1"), token.Seed{})
	wantError(t, err, fault.Internal, "X1")
	sealed := seal(t, k, "X1")
	k.Close()
	k.Close()
	_, err = k.Seal(of("X1"), testSeed())
	wantError(t, err, fault.Internal, "closed")
	_, err = k.Open(of("X1"), sealed)
	wantError(t, err, fault.Internal, "closed")
	defer func() {
		if recover() == nil {
			t.Error("a closed keyring made a fingerprint")
		}
	}()
	k.Fingerprint(testSeed())
}

func TestOpenKeyringRefuses(t *testing.T) {
	_, err := OpenKeyring([16]byte{}, 1, testKey(1), testKey(2))
	wantError(t, err, fault.Internal, "without an id")
	_, err = OpenKeyring(testStore, 1, Key{}, testKey(2))
	wantError(t, err, fault.Internal, "0 bytes")
	_, err = OpenKeyring(testStore, 1, testKey(1), holdKey(make([]byte, 31)))
	wantError(t, err, fault.Internal, "31 bytes")
}

// TestMovedSeeds: a sealed seed opens in its own place only.
func TestMovedSeeds(t *testing.T) {
	k := testKeyring(t)
	sealed := seal(t, k, "A1")
	open := func(name string, other *Keyring, err error, serial, words string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		seed, err := other.Open(of(serial), sealed)
		if seed.Len() != 0 {
			t.Errorf("%s: a seed came with the error", name)
		}
		wantError(t, err, fault.Integrity, words, string(testSeed().Bytes()))
		wantError(t, err, fault.Integrity, serial)
	}
	open("row", k, nil, "A2", "belongs to another token")
	open("row", k, nil, "", "belongs to another token")
	other, err := OpenKeyring([16]byte{1}, 7, testKey(1), testKey(2))
	open("store", other, err, "A1", "another store")
	other, err = OpenKeyring(testStore, 8, testKey(1), testKey(2))
	open("key id", other, err, "A1", "unknown key 7, the store's key is 8")
	other, err = OpenKeyring(testStore, 7, testKey(3), testKey(2))
	open("key", other, err, "A1", "it was changed")
}

// TestMovedColumn seals the same seed for another column of the same row.
func TestMovedColumn(t *testing.T) {
	k := testKeyring(t)
	o := k.open.Load()
	box := binary.BigEndian.AppendUint32([]byte{sealVersion}, o.keyID)
	box = o.aead.Seal(box, nil, testSeed().Bytes(), *o.associate(of("A1"), "token.pin"))
	_, err := k.Open(of("A1"), box)
	wantError(t, err, fault.Integrity, "it was changed")
}

// TestFieldsDoNotRun: shifting a character between fields changes the bytes.
func TestFieldsDoNotRun(t *testing.T) {
	o := testKeyring(t).open.Load()
	seen := map[string]string{}
	for _, f := range [][2]string{{"A1", "t"}, {"A", "1t"}, {"A1t", ""}, {"", "A1t"}} {
		ad := string(*o.associate(of(f[0]), f[1]))
		if was, ok := seen[strings.ToUpper(ad)]; ok {
			t.Errorf("%q and %q have the same associated data", was, f)
		}
		seen[strings.ToUpper(ad)] = fmt.Sprint(f)
	}
}

func TestEveryFlipIsRefused(t *testing.T) {
	k := testKeyring(t)
	sealed := seal(t, k, "0012345")
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			if _, err := k.Open(of("0012345"), changed); fault.KindOf(err) != fault.Integrity || err == nil {
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			}
		}
	}
	for n := range sealed {
		_, err := k.Open(of("0012345"), sealed[:n])
		wantError(t, err, fault.Integrity, "0012345")
	}
	_, err := k.Open(of("0012345"), append(bytes.Clone(sealed), 0))
	wantError(t, err, fault.Integrity, "it was changed")
	_, err = k.Open(of("0012345"), []byte{9})
	wantError(t, err, fault.Integrity, "version is 9")
}

// TestVectors pins the derivations: a change of any label makes all stores
// unreadable. The values are computed the long way.
func TestVectors(t *testing.T) {
	k := testKeyring(t)
	key, err := hkdf.Key(sha256.New, testKey(2).bytes(), testStore[:], "fob fingerprint v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(testSeed().Bytes())
	want := int64(binary.BigEndian.Uint64(mac.Sum(nil)))
	for range 3 {
		if got := k.Fingerprint(testSeed()); got != want {
			t.Fatalf("fingerprint %d, want %d", got, want)
		}
	}
	if k.Fingerprint(token.NewSeed([]byte("12345678901234567891"))) == want {
		t.Error("two seeds have one fingerprint")
	}
	other, err := OpenKeyring([16]byte{1}, 7, testKey(1), testKey(2))
	if err != nil {
		t.Fatal(err)
	}
	if other.Fingerprint(testSeed()) == want {
		t.Error("two stores have one fingerprint")
	}
	rotated, err := OpenKeyring(testStore, 8, testKey(9), testKey(2))
	if err != nil {
		t.Fatal(err)
	}
	if rotated.Fingerprint(testSeed()) != want {
		t.Error("a rotation changed the fingerprint")
	}
}

// TestStoredSeedStillOpens opens what an earlier build sealed.
func TestStoredSeedStillOpens(t *testing.T) {
	sealed := fromHex(t, sealedEarlier)
	got, err := testKeyring(t).Open(of("0012345"), sealed)
	if err != nil || !got.Equal(testSeed()) {
		t.Fatalf("seeds sealed before do not open any more: %v", err)
	}
}

func TestConcurrency(t *testing.T) {
	k := testKeyring(t)
	want := k.Fingerprint(testSeed())
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 300 {
				serial := fmt.Sprintf("S%d-%d", g, i)
				sealed, err := k.Seal(of(serial), testSeed())
				if err != nil {
					t.Error(err)
					return
				}
				seed, err := k.Open(of(serial), sealed)
				if err != nil || !seed.Equal(testSeed()) || k.Fingerprint(seed) != want {
					t.Errorf("%s: %v", serial, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestCloseWhileSealing: a late worker gets an error, not a crash.
func TestCloseWhileSealing(t *testing.T) {
	k := testKeyring(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				if _, err := k.Seal(of("A"), testSeed()); err != nil && !strings.Contains(err.Error(), "closed") {
					t.Error(err)
				}
			}
		})
	}
	k.Close()
	wg.Wait()
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	k, seed := testKeyring(t), testSeed()
	sealed := seal(t, k, "0012345")
	for _, c := range []struct {
		name string
		most float64
		do   func()
	}{
		{"Seal", 1, func() { _, _ = k.Seal(of("0012345"), seed) }},
		{"Open", 3, func() { _, _ = k.Open(of("0012345"), sealed) }},
		{"Fingerprint", 0, func() { k.Fingerprint(seed) }},
	} {
		if got := testing.AllocsPerRun(1000, c.do); got > c.most {
			t.Errorf("%s allocates %v times, want %v at most", c.name, got, c.most)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	k, seed := testKeyring(b), testSeed()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := k.Seal(of("0012345"), seed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	k := testKeyring(b)
	sealed, err := k.Seal(of("0012345"), testSeed())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := k.Open(of("0012345"), sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFingerprint(b *testing.B) {
	k, seed := testKeyring(b), testSeed()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k.Fingerprint(seed)
		}
	})
}

// of is a token of a batch, with the fingerprint that its seed has there.
func of(serial string) token.SeedPlace {
	return token.SeedPlace{Serial: token.Serial(serial), Batch: testStore, Fingerprint: 5}
}

// An earlier seed of the same serial does not open: not under its own fingerprint, for
// it came with another batch, and not in its own batch under the newer fingerprint.
func TestEarlierSeedDoesNotOpen(t *testing.T) {
	k := testKeyring(t)
	sealed := seal(t, k, "A1")
	for what, place := range map[string]token.SeedPlace{
		"another batch":       {Serial: "A1", Batch: [16]byte{1}, Fingerprint: 5},
		"another fingerprint": {Serial: "A1", Batch: testStore, Fingerprint: 6},
		"another serial":      {Serial: "A2", Batch: testStore, Fingerprint: 5},
	} {
		if _, err := k.Open(place, sealed); fault.KindOf(err) != fault.Integrity {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An HMAC that cannot be cloned, as that of the FIPS module v1.0.0, makes the same
// fingerprints.
func TestFingerprintWithoutClones(t *testing.T) {
	key := []byte("key of a test")
	keyed := func() hash.Hash { return hmac.New(sha256.New, key) }
	var sums [2][]byte
	for i, p := range []printers{pooled(keyed), pooled(func() hash.Hash { return struct{ hash.Hash }{keyed()} })} {
		for range 2 {
			mac := p.pool.Get().(*printer).mac
			mac.Write([]byte("seed"))
			sums[i] = mac.Sum(sums[i])
		}
	}
	if !bytes.Equal(sums[0], sums[1]) {
		t.Errorf("%x, not %x", sums[1], sums[0])
	}
}
