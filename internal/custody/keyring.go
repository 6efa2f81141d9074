package custody

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"fob/internal/fault"
	"fob/internal/token"
)

// A sealed seed is
//
//	version (1 byte) ‖ key id (4, big endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
//
// in AES-256-GCM with a random nonce; one key may seal 2^32 seeds (NIST SP
// 800-38D section 8.3), four hundred times the largest store.
const (
	sealVersion  = 1
	sealHeader   = 1 + 4
	sealOverhead = sealHeader + 12 + 16
)

// Labels part what one key is used for; changing one makes every store
// unreadable.
const (
	labelSeedKey     = "fob seed key v1"
	labelSeed        = "fob seed v1"
	labelFingerprint = "fob fingerprint v1"
	columnSeed       = "token.seed"
)

// Keyring is a store whose keys are open: it seals and opens its seeds and
// makes their fingerprints. Several goroutines may use one Keyring at once. It
// prints as "[key]".
type Keyring struct {
	unprintable
	open atomic.Pointer[openKeys] // nil once closed
}

type openKeys struct {
	keyID   uint32
	older   map[uint32]cipher.AEAD // of a rotation that is not finished
	bound   []byte                 // start of the associated data: label and store
	aead    cipher.AEAD
	prints  printers
	scratch sync.Pool // *[]byte, for the associated data
}

// OlderKey is a store key that a rotation is about to replace.
type OlderKey struct {
	ID  uint32
	Key Key
}

// OpenKeyring derives the keys of a store. KeyID is the number of its store key:
// all seals are made under it. Older keys open what was sealed under them; what
// was sealed under any other is refused. The Keyring keeps no key as it was given;
// the caller clears them. Errors are of kind Internal: the arguments cannot come
// from a store.
func OpenKeyring(storeID [16]byte, keyID uint32, store, fingerprint Key, older ...OlderKey) (*Keyring, error) {
	if storeID == [16]byte{} {
		return nil, fault.Errorf(fault.Internal, "a store without an id has no keys")
	}
	aead, err := newSealer(storeID, store)
	if err != nil {
		return nil, err
	}
	prints, err := newPrinters(storeID, fingerprint)
	if err != nil {
		return nil, err
	}
	others := map[uint32]cipher.AEAD{}
	for _, o := range older {
		if others[o.ID], err = newSealer(storeID, o.Key); err != nil {
			return nil, err
		}
	}
	bound := appendField(appendField(nil, labelSeed), string(storeID[:]))
	k := &Keyring{}
	k.open.Store(&openKeys{keyID: keyID, older: others, bound: bound, aead: aead, prints: prints})
	return k, nil
}

// derive makes the key for one purpose in one store (RFC 5869).
func derive(storeID [16]byte, key Key, label string) ([]byte, error) {
	if len(key.bytes()) != KeySize {
		return nil, fault.Errorf(fault.Internal, "a key of %d bytes where %d are needed", len(key.bytes()), KeySize)
	}
	derived, err := hkdf.Key(sha256.New, key.bytes(), storeID[:], label, KeySize)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "HKDF for %q", label)
	}
	return derived, nil
}

func newSealer(storeID [16]byte, store Key) (cipher.AEAD, error) {
	key, err := derive(storeID, store, labelSeedKey)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "AES-256")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "AES-256-GCM")
	}
	return aead, nil
}

// Close forgets the keys. Seal and Open fail from then on, Fingerprint panics.
// What the standard library expanded from the keys cannot be overwritten, only
// dropped.
func (k *Keyring) Close() { k.open.Store(nil) }

// Seal encrypts a seed. The result is bound to the store, to the column, and to the
// token: to its serial, the batch that brought it, and its fingerprint. An error is
// of kind Internal: the seed is empty or the Keyring closed.
func (k *Keyring) Seal(of token.SeedPlace, seed token.Seed) ([]byte, error) {
	o, serialKey := k.open.Load(), of.Serial.Key()
	if o == nil {
		return nil, errClosed(serialKey)
	}
	if seed.Len() == 0 {
		return nil, fault.Errorf(fault.Internal, "token %s: there is no seed to seal", serialKey)
	}
	box := make([]byte, sealHeader, sealOverhead+seed.Len())
	box[0] = sealVersion
	binary.BigEndian.PutUint32(box[1:], o.keyID)
	ad := o.associate(of, columnSeed)
	defer o.scratch.Put(ad)
	return o.aead.Seal(box, nil, seed.Bytes(), *ad), nil
}

// Open decrypts a sealed seed; the caller clears the seed after use. An error
// of kind Integrity names the serial: cut, of an unknown version, under another
// key id, changed, or moved here from another row or store, or from an earlier batch.
func (k *Keyring) Open(of token.SeedPlace, sealed []byte) (token.Seed, error) {
	o, serialKey := k.open.Load(), of.Serial.Key()
	if o == nil {
		return token.Seed{}, errClosed(serialKey)
	}
	aead, err := o.sealerOf(serialKey, sealed)
	if err != nil {
		return token.Seed{}, err
	}
	ad := o.associate(of, columnSeed)
	defer o.scratch.Put(ad)
	seed, err := aead.Open(nil, nil, sealed[sealHeader:], *ad)
	if err != nil {
		return token.Seed{}, integrity(serialKey,
			"it was changed, or belongs to another token or another store")
	}
	return token.NewSeed(seed), nil
}

// KeyID is the number of the key that Seal uses.
func (k *Keyring) KeyID() uint32 {
	if o := k.open.Load(); o != nil {
		return o.keyID
	}
	return 0
}

// SealedUnder is the number of the key that a seed is sealed under, by its header;
// 0 for what is no sealed seed.
func SealedUnder(sealed []byte) uint32 {
	if len(sealed) <= sealOverhead || sealed[0] != sealVersion {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[1:])
}

func (o *openKeys) sealerOf(serialKey string, sealed []byte) (cipher.AEAD, error) {
	if len(sealed) > 0 && sealed[0] != sealVersion {
		return nil, integrity(serialKey, "its version is %d, this program knows %d", sealed[0], sealVersion)
	}
	if len(sealed) <= sealOverhead {
		return nil, integrity(serialKey, "it has %d bytes, the shortest has %d", len(sealed), sealOverhead+1)
	}
	id := SealedUnder(sealed)
	if id == o.keyID {
		return o.aead, nil
	}
	if older := o.older[id]; older != nil {
		return older, nil
	}
	return nil, integrity(serialKey, "it is sealed under the unknown key %d, the store's key is %d", id, o.keyID)
}

func integrity(serialKey, format string, args ...any) error {
	err := fault.Errorf(fault.Integrity, "the sealed seed of token %s does not open: "+format,
		append([]any{serialKey}, args...)...)
	return err.WithHint("nothing of it was used; restore the database from a backup; %s shows what else was changed", fault.Do("audit verify"))
}

func errClosed(serialKey string) error {
	return fault.Errorf(fault.Internal, "token %s: the keyring is closed", serialKey)
}

// associate writes the associated data of one cell into a borrowed buffer,
// which the caller gives back to o.scratch. Every field has a length, or says it, so
// that no two cells can come to the same bytes.
func (o *openKeys) associate(of token.SeedPlace, column string) *[]byte {
	ad, _ := o.scratch.Get().(*[]byte)
	if ad == nil {
		ad = new([]byte)
	}
	*ad = append((*ad)[:0], o.bound...)
	// A serial that a caller forgot to fold must not lose its seed.
	*ad = appendField(*ad, of.Serial.Key())
	*ad = appendField(*ad, column)
	*ad = append(*ad, of.Batch[:]...)
	*ad = binary.BigEndian.AppendUint64(*ad, uint64(of.Fingerprint))
	return ad
}

func appendField(b []byte, field string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// SeedLen is the length of a seed whose sealed form has so many bytes; 0 where none has.
func SeedLen(sealed int) int { return max(0, sealed-sealOverhead) }
