package pskc

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"strings"
	"testing"

	"fob/internal/fault"
)

func sealRawCBC(t testing.TB, b cipher.Block, padded []byte) []byte {
	t.Helper()
	n := b.BlockSize()
	out := append(make([]byte, n), padded...)
	cipher.NewCBCEncrypter(b, out[:n]).CryptBlocks(out[n:], out[n:])
	return out
}

// RFC 2202 section 3 and RFC 4231 section 4.3, test case 2 of both.
func TestMACs(t *testing.T) {
	for uri, want := range map[string]string{
		namespaceDS + "hmac-sha1":         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		namespaceDSigMore + "hmac-sha1":   "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		namespaceDSigMore + "hmac-sha224": "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
		namespaceDSigMore + "hmac-sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		namespaceDS + "hmac-sha256":       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		namespaceDSigMore + "hmac-sha384": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		namespaceDSigMore + "hmac-sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	} {
		m, err := FindMAC(uri)
		if err != nil {
			t.Error(err)
			continue
		}
		key, data := []byte("Jefe"), []byte("what do ya want for nothing?")
		sum := m.Sum(key, data)
		if hex.EncodeToString(sum) != want || m.Size() != len(sum) || m.Verify(key, data, sum) != nil {
			t.Errorf("%s: %x", m, sum)
		}
		for _, bad := range [][]byte{nil, sum[:len(sum)-1], append(bytes.Clone(sum), 0), append([]byte{sum[0] ^ 1}, sum[1:]...)} {
			if err := m.Verify(key, data, bad); err != ErrKey {
				t.Errorf("%s: %x was taken: %v", m, bad, err)
			}
		}
	}
	for uri, says := range map[string]string{
		"":                             "the MAC algorithm is not named",
		namespaceDSigMore + "hmac-md5": "HMAC-MD5 is not supported",
		namespaceDS + "hmac-sha3":      "hmac-sha3 is unknown",
		"hmac-sha1":                    "hmac-sha1 is unknown",
	} {
		if m, err := FindMAC(uri); m.hash != nil || fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

// Figure 7 of RFC 6030, RFC 6070 and, for SHA-256 and SHA-512, what
// openssl kdf -keylen 32 -kdfopt digest:… -kdfopt pass:qwerty -kdfopt
// hexsalt:123eff3c4a72129c -kdfopt iter:1000 PBKDF2 says.
func TestPBKDF2(t *testing.T) {
	const salt = "123eff3c4a72129c"
	for _, v := range []struct {
		prf, pass, salt  string
		iterations, size int64
		want             string
	}{
		{"", "qwerty", salt, 1000, 16, "651e63cd57008476af1ff6422cd02e41"},
		{namespaceDS + "hmac-sha1", "passwordPASSWORDpassword", hex.EncodeToString([]byte("saltSALTsaltSALTsaltSALTsaltSALTsalt")), 4096, 25, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		{namespaceDSigMore + "hmac-sha224", "qwerty", salt, 1000, 32, "991012e9a7d518338b67912415732a9f0edc74590998560010170fb4b23cd49b"},
		{namespaceDSigMore + "hmac-sha256", "qwerty", salt, 1000, 32, "970a29cc90f4462f97e241f354f68464aa9f52a0f467c27564e7885fa00f253b"},
		{namespaceDSigMore + "hmac-sha384", "qwerty", salt, 1000, 32, "519cb69dd2baab17f136cf9a8dc8ec26a84c7e0f74d03f4bf645eb722f28261b"},
		{namespaceDSigMore + "hmac-sha512", "qwerty", salt, 1000, 32, "d63ef590ab8a7e4b1692e3781bad418bde43c3410a8c0e6e0ffbce6e5f4330ee"},
	} {
		prf, err := FindPRF(v.prf)
		if err != nil {
			t.Fatal(err)
		}
		p := PBKDF2{Salt: unhex(t, v.salt), Iterations: v.iterations, KeyLength: v.size, PRF: prf}
		if key, err := p.Derive([]byte(v.pass)); err != nil || hex.EncodeToString(key) != v.want {
			t.Errorf("%s: %x, %v", prf, key, err)
		}
	}
}

func TestPBKDF2Limits(t *testing.T) {
	prf, _ := FindPRF("")
	good := PBKDF2{Salt: make([]byte, 8), Iterations: 1, KeyLength: 16, PRF: prf}
	for says, change := range map[string]func(*PBKDF2){
		"with 0 iterations":        func(p *PBKDF2) { p.Iterations = 0 },
		"with -1 iterations":       func(p *PBKDF2) { p.Iterations = -1 },
		"with 2000001 iterations":  func(p *PBKDF2) { p.Iterations = MaxIterations + 1 },
		"with 10000000 iterations": func(p *PBKDF2) { p.Iterations = 10_000_000 },
		"a salt of 7 bytes":        func(p *PBKDF2) { p.Salt = make([]byte, 7) },
		"a salt of 1025 bytes":     func(p *PBKDF2) { p.Salt = make([]byte, 1025) },
		"a key of 7 bytes":         func(p *PBKDF2) { p.KeyLength = 7 },
		"a key of 65 bytes":        func(p *PBKDF2) { p.KeyLength = 65 },
		"a pseudorandom function":  func(p *PBKDF2) { p.PRF = MAC{} },
	} {
		p := good
		change(&p)
		key, err := p.Derive([]byte("x"))
		if key != nil || fault.KindOf(err) != fault.Refused || fault.HintOf(err) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if _, err := good.Derive(nil); fault.KindOf(err) != fault.KeyTrouble {
		t.Error("an empty passphrase:", err)
	}
}

func TestFindKDF(t *testing.T) {
	for _, uri := range []string{
		"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#pbkdf2",
		"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
		"http://www.w3.org/2009/xmlenc11#pbkdf2",
	} {
		if err := FindKDF(uri); err != nil {
			t.Error(err)
		}
	}
	for uri, says := range map[string]string{
		"":                            "the key derivation is not named",
		namespaceXenc11 + "ConcatKDF": "ConcatKDF is not supported",
		namespaceXenc11 + "pbkdf1":    "is unknown",
	} {
		if err := FindKDF(uri); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", uri, err)
		}
	}
}
