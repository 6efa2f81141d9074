package custody

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"fob/internal/token"
)

// printers hands out prepared HMACs, one to each goroutine that makes
// fingerprints: keying one costs as much as two fingerprints.
type printers struct{ pool *sync.Pool }

type printer struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

func newPrinters(storeID [16]byte, fingerprint Key) (printers, error) {
	key, err := derive(storeID, fingerprint, labelFingerprint)
	if err != nil {
		return printers{}, err
	}
	defer clear(key)
	own := bytes.Clone(key)
	return pooled(func() hash.Hash { return hmac.New(sha256.New, own) }), nil
}

// pooled clones one HMAC, which is quicker than to key each one. That of the FIPS module
// v1.0.0 cannot be cloned.
func pooled(keyed func() hash.Hash) printers {
	model := keyed()
	model.Reset() // this is when the HMAC prepares its two states
	return printers{&sync.Pool{New: func() any {
		if m, ok := model.(hash.Cloner); ok {
			if mac, err := m.Clone(); err == nil {
				return &printer{mac: mac}
			}
		}
		return &printer{mac: keyed()}
	}}}
}

// Fingerprint is the keyed fingerprint of a seed, the same for one seed under
// every serial of this store: the first 8 bytes, big endian, of HMAC-SHA256.
// Two seeds with one fingerprint are probably the same; opening both settles
// it. Zeros behind a seed do not count: HMAC pads its key with them, so that both
// show the same codes. It panics on a closed Keyring, since any number that it could return
// would be taken for a fingerprint.
func (k *Keyring) Fingerprint(seed token.Seed) int64 {
	o := k.open.Load()
	if o == nil {
		panic("custody: fingerprint on a closed keyring")
	}
	p := o.prints.pool.Get().(*printer)
	p.mac.Write(seed.Key())
	fp := int64(binary.BigEndian.Uint64(p.mac.Sum(p.sum[:0])))
	p.mac.Reset() // overwrites the seed in the HMAC's buffer
	clear(p.sum[:])
	o.prints.pool.Put(p)
	return fp
}
