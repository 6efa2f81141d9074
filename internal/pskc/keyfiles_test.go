package pskc

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"fob/internal/fault"
)

// What a key file holds is said of one that does not help, by kind and length.
func TestHeldIn(t *testing.T) {
	block := func(kind string, headers map[string]string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: []byte("nothing")}))
	}
	key := signerCalled(t, "RSA").key.(*rsa.PrivateKey)
	for data, want := range map[string]string{
		"30313233343536373839616263646566\n": "16 bytes in hex",
		"0x3031 3233:34\r\n":                 "5 bytes in hex",
		"303132333":                          "9 hex digits, one too many or too few",
		"30313233343536373839616263646566x":  "33 bytes that are neither hex nor base64",
		"MDEyMzQ1Njc4OWFiY2RlZg==\n":         "16 bytes in base64",
		"Key: 3031":                          "9 bytes that are neither hex nor base64",
		"\xff\xfe3\x000\x00":                 "text in UTF-16",
		block("CERTIFICATE", nil):            "a certificate, which is the public half",
		block("PUBLIC KEY", nil):             "a public key",
		block("RSA PUBLIC KEY", nil):         "a public key",
		block("ENCRYPTED PRIVATE KEY", nil):  lockedKey,
		block("RSA PRIVATE KEY", map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "x"}): lockedKey,
		block("EC PRIVATE KEY", nil):             otherKey,
		block("OPENSSH PRIVATE KEY", nil):        "in the form of OpenSSH",
		block("X509 CRL", nil):                   "something else in PEM",
		string(x509.MarshalPKCS1PrivateKey(key)): otherKey,
		"\x30\x05\x02\x01\x03\x30\x00":           pkcs12,
		"\x30\x03\x02\x01\x02":                   "5 bytes that are neither",
	} {
		if got := heldIn([]byte(data)); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", data, got, want)
		}
	}
}

// A private key is read in PKCS #1 and PKCS #8, in PEM and DER.
func TestPrivateKeyForms(t *testing.T) {
	receiver := signerCalled(t, "RSA")
	key := receiver.key.(*rsa.PrivateKey)
	pkcs1 := x509.MarshalPKCS1PrivateKey(key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	protect := Protection{Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: receiver.cert, MAC: macs[2]}
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed))
	for name, file := range map[string][]byte{
		"PKCS #1": pkcs1, "PKCS #8": pkcs8,
		"PKCS #1 in PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: pkcs1}),
		"PKCS #8 in PEM": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		"behind a certificate": append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: receiver.cert.Raw}),
			pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...),
	} {
		got, err := readWith(text, keysOf([]byte("another file"), file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkSecrets(t, got, 1)
	}
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("locked")})
	for name, c := range map[string]struct {
		file       []byte
		says, hint string
	}{
		"locked":      {locked, `"key0" holds a private key behind a passphrase`, "openssl pkcs8 -topk8"},
		"PKCS #12":    {[]byte("\x30\x05\x02\x01\x03\x30\x00"), `"key0" holds a PKCS #12 store`, "openssl pkcs12 -in FILE"},
		"certificate": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: receiver.cert.Raw}), `"key0" holds a certificate, which is the public half`, "in PEM or DER"},
	} {
		_, err := readWith(text, keysOf(c.file))
		if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), c.says) || !strings.Contains(fault.HintOf(err), c.hint) {
			t.Errorf("%s: %v, %s", name, err, fault.HintOf(err))
		}
	}
}
