package pskc

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fob/internal/fault"
)

// peer is a program that results are compared with. Without it the test fails,
// lest it be forgotten, unless FOB_NO_PEERS=1 says that this is known.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("FOB_NO_PEERS") == "1" {
		t.Skip(name + " is missing and FOB_NO_PEERS=1: not compared")
	}
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s (or set FOB_NO_PEERS=1)", name, name)
	}
	return path
}

func openssl(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer(t, "openssl"), args...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v", args, err)
	}
	return out
}

// testKey is the receiver's RSA key, and the file that has it for openssl.
func testKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.pem")
	key, err := rsa.GenerateKey(testRandom(2), 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, file
}

func mustTransport(t testing.TB, uri, digest, mgf string, label []byte) Transport {
	t.Helper()
	tr, err := FindTransport(uri)
	if err == nil {
		tr, err = tr.WithOAEP(digest, mgf, label)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// What openssl encrypted is decrypted, and what we encrypt openssl decrypts.
func TestTransportsAgainstOpenssl(t *testing.T) {
	key, file := testKey(t)
	for _, v := range []struct {
		uri, digest, mgf string
		label            string
		options          string // openssl's
	}{
		{namespaceXenc + "rsa-1_5", "", "", "", "rsa_padding_mode:pkcs1"},
		{namespaceXenc + "rsa_1_5", "", "", "", "rsa_padding_mode:pkcs1"},
		{namespaceXenc + "rsa-oaep-mgf1p", "", "", "", "rsa_padding_mode:oaep"},
		{namespaceXenc + "rsa-oaep-mgf1p", namespaceDS + "sha1", "", "", "rsa_padding_mode:oaep rsa_oaep_md:sha1 rsa_mgf1_md:sha1"},
		{namespaceXenc + "rsa-oaep-mgf1p", namespaceXenc + "sha256", "", "", "rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1"},
		{namespaceXenc11 + "rsa-oaep", "", "", "", "rsa_padding_mode:oaep"},
		{namespaceXenc11 + "rsa-oaep", namespaceXenc + "sha256", namespaceXenc11 + "mgf1sha256", "", "rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha256"},
		{namespaceXenc11 + "rsa-oaep", namespaceXenc + "sha512", namespaceXenc11 + "mgf1sha1", "", "rsa_padding_mode:oaep rsa_oaep_md:sha512 rsa_mgf1_md:sha1"},
		{namespaceXenc11 + "rsa-oaep", namespaceDSigMore + "sha384", namespaceXenc11 + "mgf1sha224", "", "rsa_padding_mode:oaep rsa_oaep_md:sha384 rsa_mgf1_md:sha224"},
		{namespaceXenc11 + "rsa-oaep", namespaceXenc + "sha256", "", "fob", "rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1 rsa_oaep_label:666f62"},
	} {
		tr := mustTransport(t, v.uri, v.digest, v.mgf, []byte(v.label))
		args := []string{"pkeyutl", "-inkey", file}
		for o := range strings.FieldsSeq(v.options) {
			args = append(args, "-pkeyopt", o)
		}
		data := openssl(t, []byte(rfcSeed), append(args, "-encrypt")...)
		if got, err := tr.Decrypt(key, data); err != nil || string(got) != rfcSeed {
			t.Errorf("%+v: %q, %v", v, got, err)
		}
		checkTransportChanges(t, tr, key, data)
		data, err := tr.Encrypt(testRandom(3), &key.PublicKey, []byte(rfcSeed))
		switch {
		case tr.digest == 0:
			if fault.KindOf(err) != fault.NotAllowed {
				t.Errorf("%+v: %v", v, err)
			}
		case err != nil:
			t.Errorf("%+v: %v", v, err)
		default:
			if got := openssl(t, data, append(args, "-decrypt")...); string(got) != rfcSeed {
				t.Errorf("%+v: openssl reads %q", v, got)
			}
		}
	}
}

func checkTransportChanges(t *testing.T, tr Transport, key *rsa.PrivateKey, data []byte) {
	t.Helper()
	for i := 0; i < len(data); i += 37 {
		bad := bytes.Clone(data)
		bad[i] ^= 0x10
		if got, err := tr.Decrypt(key, bad); tr.digest != 0 && err != ErrKey || err != nil && err != ErrKey || string(got) == rfcSeed {
			t.Errorf("%s, byte %d changed: %q, %v", tr, i, got, err)
		}
	}
	for _, bad := range [][]byte{nil, data[1:], data[:len(data)-1], append(bytes.Clone(data), 0), append([]byte{0}, data...), bytes.Repeat([]byte{0xff}, len(data)), make([]byte, len(data))} {
		if got, err := tr.Decrypt(key, bad); err != ErrKey {
			t.Errorf("%s, %d bytes: %q, %v", tr, len(bad), got, err)
		}
	}
}

func TestParametersOfOAEP(t *testing.T) {
	for _, v := range []struct{ uri, digest, mgf, label, says string }{
		{namespaceXenc + "rsa-1_5", namespaceDS + "sha1", "", "", "RSA-1_5 has no such parameters"},
		{namespaceXenc + "rsa-1_5", "", "", "x", "RSA-1_5 has no such parameters"},
		{namespaceXenc + "rsa-oaep-mgf1p", "", namespaceXenc11 + "mgf1sha1", "", "RSA-OAEP-MGF1P has no such parameters"},
		{namespaceXenc11 + "rsa-oaep", "http://www.w3.org/2001/04/xmldsig-more#md5", "", "", "the hash of OAEP"},
		{namespaceXenc11 + "rsa-oaep", "", namespaceXenc11 + "mgf1md5", "", "the mask generation of OAEP"},
	} {
		tr, err := FindTransport(v.uri)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.WithOAEP(v.digest, v.mgf, []byte(v.label))
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%+v: %v", v, err)
		}
	}
}
