package pskc

import (
	"bytes"
	"crypto/aes"
	"crypto/des"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strings"
	"testing"

	"fob/internal/testkit"
)

// What older writers do: 3DES with a key of two parts, and MACs over plain values, which
// only Compat takes.
func TestOlderWriters(t *testing.T) {
	seed := []byte("\x9a\xd3\xb2\x7c\x39\xaa\x9b\x44\x9a\xfb\x1e\xad\xfc\x29\xf0\xad\x01\x02\x03\x04")
	key := []byte("0123456789abcdef")
	b64 := base64.StdEncoding.EncodeToString
	sum := func(data []byte) string {
		h := hmac.New(sha1.New, key)
		h.Write(data)
		return b64(h.Sum(nil))
	}
	three, err := des.NewTripleDESCipher(append(bytes.Clone(key), key[:8]...))
	if err != nil {
		t.Fatal(err)
	}
	one, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	byDES := sealRawCBC(t, three, append(bytes.Clone(seed), bytes.Repeat([]byte{4}, 4)...))
	byAES := sealRawCBC(t, one, append(bytes.Clone(seed), bytes.Repeat([]byte{12}, 12)...))
	for name, c := range map[string]struct {
		uri, value, mac string
		compat, opens   bool
	}{
		"two-key 3DES":       {tripleDES, b64(byDES), sum(byDES), true, true},
		"MAC over the value": {CipherAES128CBC, b64(byAES), sum(byAES), true, true},
		"MAC over plain":     {CipherAES128CBC, b64(byAES), sum(seed), true, true},
		"without Compat":     {CipherAES128CBC, b64(byAES), sum(seed), false, false},
	} {
		text := headed(byName+byRef, `<Secret><EncryptedValue><xenc:EncryptionMethod Algorithm="`+c.uri+`"/><xenc:CipherData><xenc:CipherValue>`+c.value+
			`</xenc:CipherValue></xenc:CipherData></EncryptedValue><ValueMAC>`+c.mac+`</ValueMAC></Secret>`)
		d := NewDecoder(strings.NewReader(text), Options{Compat: c.compat, Keys: &testkit.Keys{Files: []string{string(key)}}})
		p, err := d.Next()
		switch {
		case c.opens && (err != nil || !bytes.Equal(p.Key.Secret.Plain.Bytes(), seed)):
			t.Errorf("%s: %v", name, err)
		case !c.opens && err == nil:
			t.Errorf("%s: it opens", name)
		}
	}
}
