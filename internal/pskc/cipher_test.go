package pskc

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"fob/internal/fault"
)

// testRandom is a source of randomness that repeats itself.
func testRandom(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unbase64(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustCipher(t testing.TB, uri string) Cipher {
	t.Helper()
	c, err := FindCipher(uri)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The figures of RFC 6030 that are encrypted: what it writes about them and what
// it prints in them.
var figures = []struct {
	figure              int
	key                 string // hex
	macKey, secret, mac string // base64, as printed
	plainMACKey         string // hex
}{
	{
		6, "12345678901234567890123456789012",
		"ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
		"AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
		"Su+NvtQfmvfJzF6bmQiJqoLRExc=", "1122334455667788990011223344556677889900",
	},
	{
		7, "651e63cd57008476af1ff6422cd02e41",
		"2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx",
		"oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f",
		"LP6xMvjtypbfT9PdkJhBZ+D6O4w=", "bdaab8d648e850d25a3289364f7d7eaaf53ce581",
	},
}

func TestEncryptedFiguresOfTheRFC(t *testing.T) {
	c := mustCipher(t, CipherAES128CBC)
	mac, err := FindMAC(MACHMACSHA1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		key, data := unhex(t, f.key), unbase64(t, f.secret)
		macKey, err := c.Decrypt(key, unbase64(t, f.macKey))
		if err != nil || hex.EncodeToString(macKey) != f.plainMACKey {
			t.Errorf("figure %d: MAC key %x, %v", f.figure, macKey, err)
		}
		if err := mac.Verify(macKey, data, unbase64(t, f.mac)); err != nil {
			t.Errorf("figure %d: %v", f.figure, err)
		}
		if secret, err := c.Decrypt(key, data); err != nil || string(secret) != rfcSeed {
			t.Errorf("figure %d: secret %q, %v", f.figure, secret, err)
		}
	}
}

// RFC 3394 section 4.
func TestKeyWrapOfTheRFC(t *testing.T) {
	const (
		kek  = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
		data = "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"
	)
	for _, v := range []struct {
		kekBits, dataBits int
		wrapped           string
	}{
		{128, 128, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{192, 128, "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"},
		{256, 128, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"},
		{192, 192, "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"},
		{256, 192, "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"},
		{256, 256, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		c := mustCipher(t, namespaceXenc+map[int]string{128: "kw-aes128", 192: "kw-aes192", 256: "kw-aes256"}[v.kekBits])
		key, plain, wrapped := unhex(t, kek[:v.kekBits/4]), unhex(t, data[:v.dataBits/4]), unhex(t, v.wrapped)
		if got, err := c.Encrypt(nil, key, plain); err != nil || !bytes.Equal(got, wrapped) {
			t.Errorf("%+v: %x %v", v, got, err)
		}
		if got, err := c.Decrypt(key, wrapped); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%+v: %x %v", v, got, err)
		}
	}
}

// Each cipher gives back what it got, and no change of data or key gives an
// authenticating one anything else than ErrKey.
func TestCiphers(t *testing.T) {
	random := testRandom(1)
	for _, c := range ciphers {
		key := make([]byte, c.KeySize())
		for _, n := range []int{16, 20, 32, 64, 128} {
			_, _ = random.Read(key)
			plain := make([]byte, n)
			_, _ = random.Read(plain)
			data, err := c.Encrypt(random, key, plain)
			if err != nil {
				t.Fatal(c, n, err)
			}
			for name, decrypt := range map[string]func(key, data []byte) ([]byte, error){"": c.Decrypt, "unverified": c.DecryptUnverified} {
				if got, err := decrypt(key, data); err != nil || !bytes.Equal(got, plain) {
					t.Errorf("%s, %d bytes, %s: %x, %v", c, n, name, got, err)
				}
			}
			checkChanges(t, c, key, data, plain)
		}
	}
}

func checkChanges(t *testing.T, c Cipher, key, data, plain []byte) {
	t.Helper()
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		got, err := c.Decrypt(key, bad)
		if err != nil && err != ErrKey || c.Authenticates() && err != ErrKey || bytes.Equal(got, plain) {
			t.Fatalf("%s, byte %d changed: %x, %v", c, i, got, err)
		}
	}
	for n := range data {
		got, err := c.Decrypt(key, data[:n])
		if err != nil && err != ErrKey || c.Authenticates() && err != ErrKey || bytes.Equal(got, plain) {
			t.Fatalf("%s, cut to %d bytes: %x, %v", c, n, got, err)
		}
	}
	wrong := bytes.Clone(key)
	wrong[0] ^= 0x80
	if got, err := c.Decrypt(wrong, data); c.Authenticates() && err != ErrKey || bytes.Equal(got, plain) {
		t.Fatalf("%s with a wrong key: %x, %v", c, got, err)
	}
}

func TestKeyOfTheWrongLength(t *testing.T) {
	for _, c := range ciphers {
		for _, n := range []int{0, 5, c.KeySize() - 1, c.KeySize() + 1, 2 * c.KeySize()} {
			_, err := c.Decrypt(make([]byte, n), make([]byte, 48))
			_, sealErr := c.Encrypt(nil, make([]byte, n), make([]byte, 48))
			for _, err := range []error{err, sealErr} {
				if err == ErrKey || fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), c.String()+" needs") {
					t.Errorf("%s, %d bytes: %v", c, n, err)
				}
			}
		}
	}
}

func TestPadding(t *testing.T) {
	c := mustCipher(t, CipherAES128CBC)
	key := make([]byte, 16)
	for padding, want := range map[string][2]bool{ // as the RFCs pad, whether verified and unverified values are taken
		"\x01":                              {true, false},
		"\x02\x02":                          {true, false},
		"\x03\x03\x03":                      {true, true},
		"\x04\x04\x04\x04":                  {true, true},
		"\xab\x00\x17\x04":                  {true, false}, // XML Encryption section 5.2
		"\x04\x04\x04\x03":                  {true, false},
		"\x00":                              {false, false},
		"\x11":                              {false, false},
		"\xff":                              {false, false},
		strings.Repeat("\x10", 16):          {true, true},
		strings.Repeat("\x00", 15) + "\x10": {true, false},
	} {
		plain := append(bytes.Repeat([]byte{'x'}, 32-len(padding)), padding...)
		b, _ := c.block(key)
		data := sealRawCBC(t, b, plain)
		for i, decrypt := range []func(key, data []byte) ([]byte, error){c.Decrypt, c.DecryptUnverified} {
			got, err := decrypt(key, data)
			if (err == nil) != want[i] || err != nil && err != ErrKey {
				t.Errorf("%x, %d: %q, %v", padding, i, got, err)
			}
		}
	}
	b, _ := c.block(key) // a number may fill its block
	if got, err := c.DecryptUnverified(key, sealRawCBC(t, b, []byte("123456789012345\x01"))); err != nil || string(got) != "123456789012345" {
		t.Errorf("%q, %v", got, err)
	}
}

// A value in a key wrap has the padding of PKCS #5 where it needs one.
func TestKeyWrapPadding(t *testing.T) {
	c := mustCipher(t, namespaceXenc+"kw-aes128")
	key := make([]byte, 16)
	for plain, ok := range map[string]bool{
		rfcSeed:                     true,
		strings.Repeat("x", 24):     true,
		strings.Repeat("x", 10):     true,
		strings.Repeat("x", 21):     false, // a padding of 3 bytes is not told from a value
		strings.Repeat("x", 23):     false,
		strings.Repeat("x", 8):      false, // RFC 3394 begins with 16 bytes
		"":                          false,
		strings.Repeat("\x04", 24):  false, // it would come out shorter
		strings.Repeat("x\x01", 12): true,
		strings.Repeat("\x08", 4) + strings.Repeat("\x07", 12): false,
	} {
		data, err := c.Encrypt(nil, key, []byte(plain))
		if (err == nil) != ok {
			t.Errorf("%q: %v", plain, err)
		}
		if err != nil {
			continue
		}
		if got, err := c.Decrypt(key, data); err != nil || string(got) != plain {
			t.Errorf("%q: %q %v", plain, got, err)
		}
	}
}

func TestRandomThatFails(t *testing.T) {
	disk := errors.New("no randomness")
	for _, c := range ciphers {
		got, err := c.Encrypt(failing{disk}, make([]byte, c.KeySize()), make([]byte, 16))
		if c.mode != &modeWrap && (err != disk || got != nil) {
			t.Error(c, got, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What is not there is named, and what is no URI is not repeated.
func TestAlgorithmsThatAreRefused(t *testing.T) {
	for uri, says := range map[string]string{
		"":                                    "the encryption algorithm is not named",
		namespaceXenc11 + "kw-aes-128-pad":    "AES key wrap with padding (RFC 5649), KW-AES128-PAD is not supported",
		namespaceXenc + "kw-tripledes":        "KW-TripleDES (RFC 3217) is not supported",
		namespaceDSigMore + "camellia128-cbc": "Camellia-128-CBC is not supported",
		namespaceDSigMore + "kw-camellia256":  "KW-Camellia256 is not supported",
		namespaceXenc + "AES128-CBC":          "the encryption algorithm " + namespaceXenc + "AES128-CBC is unknown",
		namespaceXenc + "none":                "none is unknown",
		rfcSecret:                             "(not shown) is unknown",
		"http://" + strings.Repeat("x", 200):  "(not shown) is unknown",
		"http://x\x1b[2J":                     "(not shown) is unknown",
	} {
		_, cipherErr := FindCipher(uri)
		_, transportErr := FindTransport(uri)
		for _, err := range []error{cipherErr, transportErr} {
			if fault.KindOf(err) != fault.Refused || fault.HintOf(err) == "" || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v, want %s", uri, err, says)
			}
		}
	}
}
