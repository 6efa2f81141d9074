package otp

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"testing"

	library "github.com/pquerna/otp"

	"fob/internal/fault"
	"fob/internal/token"
)

func appParams(digits, period int, h token.Hash) token.Params {
	return token.Params{Type: token.TOTP, Hash: h, Digits: digits, Period: period}
}

// The URI to the letter: the random bytes are those of RFC 4226's appendix D, so
// that the codes of the key are in the RFC.
func TestAppKeyURI(t *testing.T) {
	random := bytes.NewReader([]byte("12345678901234567890"))
	k, err := NewAppKey(random, "ACME & Söhne+1", "anna+otp@example.com/x y:z", appParams(6, 30, token.SHA1))
	if err != nil {
		t.Fatal(err)
	}
	brief := "otpauth://totp/ACME%20%26%20S%C3%B6hne%2B1:anna%2Botp@example.com%2Fx%20y%3Az" +
		"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME%20%26%20S%C3%B6hne%2B1"
	if got, want := string(k.URI.Bytes()), brief+"&algorithm=SHA1&digits=6&period=30"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(k.Brief.Bytes()); got != brief {
		t.Errorf("brief: %s", got)
	}
	if got := string(k.Seed.Bytes()); got != "12345678901234567890" {
		t.Errorf("the seed is %q", got)
	}
	if code, err := At(appParams(6, 30, token.SHA1), k.Seed, 1); err != nil || code != "287082" {
		t.Errorf("it shows %s, %v", code, err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(text, "GEZDG") {
		t.Errorf("the key prints as %s", text)
	}
	if k.Clear(); k.URI.Len()+k.Seed.Len()+k.Brief.Len() != 0 {
		t.Error("something is left of a cleared key")
	}
}

// Whatever an account and an issuer are called, the library and the standard one
// read them back out of the URI.
func TestAppKeyURIOfAnyName(t *testing.T) {
	for _, name := range []string{"a", "anna@example.com", "a b", "a%20b", "a&b=c?d#e", "ä/ö\\ü", "日本", "'\"<>", "a+b", "%", "a;b,c", "..", "a//b"} {
		for _, p := range []token.Params{appParams(6, 30, token.SHA1), appParams(8, 60, token.SHA256), appParams(8, 30, token.SHA512)} {
			k, err := NewAppKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), name, token.Account(name), p)
			if err != nil {
				t.Errorf("%q: %v", name, err)
				continue
			}
			text := string(k.URI.Bytes())
			u, err := url.Parse(text)
			if err != nil || u.Path != "/"+name+":"+name || u.Query().Get("issuer") != name || strings.ContainsAny(text, " +") || u.Fragment != "" {
				t.Errorf("%q: %s is read as %v, %v", name, text, u, err)
			}
			key, err := library.NewKeyFromURL(string(k.Brief.Bytes()))
			if err != nil || key.AccountName() != name || key.Digits() != library.Digits(p.Digits) {
				t.Errorf("%q: brief: %v, %v", name, key, err)
			}
			secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
			if err != nil || !bytes.Equal(secret, k.Seed.Bytes()) || len(secret) != int(secretSize(p.Hash)) {
				t.Errorf("%q: another secret, %v", name, err)
			}
		}
	}
}

func TestAppKeyRefuses(t *testing.T) {
	for what, p := range map[string]token.Params{
		"7 digits": appParams(7, 30, token.SHA1), "45 s": appParams(6, 45, token.SHA1), "no hash": appParams(6, 30, ""),
		"a counter": {Type: token.HOTP, Hash: token.SHA1, Digits: 6}, "another epoch": {Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: 1},
	} {
		if _, err := NewAppKey(bytes.NewReader(make([]byte, 64)), "i", "a", p); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if k, err := NewAppKey(bytes.NewReader(nil), "i", "a", appParams(6, 30, token.SHA1)); fault.KindOf(err) != fault.Internal || k.Seed.Len() != 0 {
		t.Errorf("without randomness: %v", err)
	}
	// An issuer with a colon would be read as another account; nobody gets so far.
	if _, err := NewAppKey(bytes.NewReader(make([]byte, 64)), "i:j", "a", appParams(6, 30, token.SHA1)); err != nil {
		t.Logf("a colon: %v", err)
	}
}
