package testkit

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// SeedForms are the forms in which a seed could be written somewhere, by name.
func SeedForms(seed []byte) map[string][]byte {
	unpadded32 := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)
	return map[string][]byte{
		"raw": seed,
		"hex": []byte(hex.EncodeToString(seed)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(seed))),
		"base32": []byte(unpadded32), "base32 lower": []byte(strings.ToLower(unpadded32)),
		"base64": []byte(base64.RawStdEncoding.EncodeToString(seed)), "base64 url": []byte(base64.RawURLEncoding.EncodeToString(seed)),
		"go": []byte(strings.Trim(fmt.Sprint(seed), "[]")),
	}
}

// SeedSearch finds seeds in what was written.
type SeedSearch struct{ byStart map[uint64][]soughtSeed }

type soughtSeed struct {
	text []byte
	name string
}

// NewSeedSearch looks for seeds by name, in every form.
func NewSeedSearch(seeds map[string][]byte) *SeedSearch {
	s := &SeedSearch{byStart: map[uint64][]soughtSeed{}}
	for name, seed := range seeds {
		for form, text := range SeedForms(seed) {
			start := binary.LittleEndian.Uint64(text)
			s.byStart[start] = append(s.byStart[start], soughtSeed{text, name + " (" + form + ")"})
		}
	}
	return s
}

// Find names the first seed in the data, and its form; it is empty if there is no seed in it.
func (s *SeedSearch) Find(data []byte) string {
	for i := 0; i+8 <= len(data); i++ {
		for _, sought := range s.byStart[binary.LittleEndian.Uint64(data[i:])] {
			if bytes.HasPrefix(data[i:], sought.text) {
				return sought.name
			}
		}
	}
	return ""
}
