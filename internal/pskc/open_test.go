package pskc

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// parts of a container, for the tests of its header.
const (
	xmlnsAll = ` xmlns:ds="` + namespaceDS + `" xmlns:xenc="` + namespaceXenc + `" xmlns:xenc11="` + namespaceXenc11 + `" xmlns:pkcs5="` + namespacePKCS5 + `"`
	byName   = `<EncryptionKey><ds:KeyName>k</ds:KeyName></EncryptionKey>`
	byRef    = `<MACMethod Algorithm="` + MACHMACSHA1 + `"><MACKeyReference>m</MACKeyReference></MACMethod>`
)

func headed(header, data string) string {
	return strings.Replace(open, " xmlns", xmlnsAll+" xmlns", 1) + header +
		`<KeyPackage><Key Id="1" Algorithm="` + AlgorithmHOTP + `"><Data>` + data + `</Data></Key></KeyPackage>` + shut
}

func derived(uri, params string) string {
	return `<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="` + uri + `"><pkcs5:PBKDF2-params>` + params +
		`</pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod></xenc11:DerivedKey></EncryptionKey>`
}

func pbkdf2Params(salt string, iterations, length any) string {
	return fmt.Sprintf(`<Salt><Specified>%s</Specified></Salt><IterationCount>%v</IterationCount><KeyLength>%v</KeyLength>`, salt, iterations, length)
}

func sealedSecret(uri, more string) string {
	return `<Secret><EncryptedValue><xenc:EncryptionMethod Algorithm="` + uri + `"/><xenc:CipherData><xenc:CipherValue>` +
		strings.Repeat("A", 64) + `</xenc:CipherValue></xenc:CipherData>` + more + `</EncryptedValue><ValueMAC>AAAA</ValueMAC></Secret>`
}

// What is wrong with the header, or may be somebody's doing, ends the file; the
// time that a passphrase takes is not spent before that.
func TestHeadersThatAreRefused(t *testing.T) {
	secret := sealedSecret(CipherAES128CBC, "")
	keys := &testkit.Keys{Files: []string{strings.Repeat("\x00", 16)}, Passphrases: []string{"qwerty"}}
	salt := "AAAAAAAAAAA="
	for text, want := range map[string]string{
		headed(strings.Replace(byName, "</E", "<ds:KeyName>l</ds:KeyName></E", 1), secret): "<KeyName> stands twice",
		headed(strings.Replace(byName, "</E", "<ds:X509Data/></E", 1), secret):             "has 2 ways to the key",
		headed("<EncryptionKey/>", secret):                                                 "has 0 ways to the key",
		headed("<EncryptionKey><ds:RetrievalMethod/></EncryptionKey>", secret):             "<EncryptionKey> has no element <RetrievalMethod>",
		headed(derived(namespaceXenc11+"ConcatKDF", ""), secret):                           "the key derivation ConcatKDF is not supported",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, 10_000_000, 16)), secret):             "PBKDF2 with 10000000 iterations",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, "9223372036854775808", 16)), secret):  "<IterationCount> is beyond",
		headed(derived(KDFPBKDF2, pbkdf2Params(" ", 1000, 16)), secret):                    "<Specified> is empty",
		headed(byName+strings.Replace(byRef, "<MACKeyReference>m</MACKeyReference>", "<MACKey><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></MACKey>", 1), secret): "<CipherValue> of <MACKey> is empty",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, -1, 16)), secret):                                                         "PBKDF2 with -1 iterations",
		headed(derived(KDFPBKDF2, pbkdf2Params("AAAA", 1000, 16)), secret):                                                     "PBKDF2 with a salt of 3 bytes",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, 1000, 1<<40)), secret):                                                    "PBKDF2 for a key of",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, 1000, 24))+byRef, secret):                                                 "the passphrase makes a key of 24 bytes, and AES-128-CBC has 16",
		headed(derived(KDFPBKDF2, "<Salt><OtherSource/></Salt>"), secret):                                                      "<Salt> has no element <OtherSource>",
		headed(derived(KDFPBKDF2, pbkdf2Params(salt, 1000, 16)+`<PRF Algorithm="urn:x"/>`), secret):                            "the pseudorandom function urn:x is unknown",
		headed(byName+`<MACMethod Algorithm="`+namespaceDSigMore+`hmac-md5"/>`, secret):                                        "HMAC-MD5 is not supported",
		headed(byName+`<MACMethod Algorithm="`+MACHMACSHA1+`"/>`, secret):                                                      weakTexts[weakMACKey],
		headed(byName+strings.Replace(byRef, "</MACM", "<MACKey/></MACM", 1), secret):                                          "<MACKey> has no CipherValue",
		headed(byName+strings.Replace(byRef, "</MACM", "<ds:HMACOutputLength>8</ds:HMACOutputLength></MACM", 1), secret):       "is not in the namespace of PSKC",
		headed(byName+byRef, strings.Replace(secret, "<ValueMAC>AAAA</ValueMAC>", "", 1)):                                      "has no ValueMAC, and the MACMethod",
		headed(byName, strings.Replace(secret, "<ValueMAC>AAAA</ValueMAC>", "", 1)):                                            "have no MAC: nobody can tell",
		headed(byName+byRef, strings.Replace(secret, `cbc"/>`, `cbc"><xenc:IV>`+salt+`</xenc:IV></xenc:EncryptionMethod>`, 1)): weakTexts[weakIV],
		headed(byName+byRef, secret): `the MACs are made with a key of their own named "m"`,
		headed(strings.Replace(byName, "<ds:KeyName>k</ds:KeyName>", "<ds:X509Data><ds:X509SKI/></ds:X509Data>", 1), strings.Replace(sealedSecret(TransportOAEP, ""), "<ValueMAC>AAAA</ValueMAC>", "", 1)): "to a certificate that the container does not have, whose private key",
	} {
		all, err := readAll(NewDecoder(strings.NewReader(text), Options{Keys: keys}))
		var e *fault.Error
		if len(all) > 0 || !errors.As(err, &e) || fault.HintOf(err) == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v %v, want %s", text, all, err, want)
		}
	}
	if keys.Derivations > 0 {
		t.Error("a key was derived for a file that is refused")
	}
}

// What is wrong with one value is its package's problem.
func TestValuesThatAreRefused(t *testing.T) {
	for data, want := range map[string]string{
		sealedSecret(namespaceDSigMore+"camellia128-cbc", ""): "Camellia-128-CBC is not supported",
		sealedSecret("", ""):            "the encryption algorithm is not named",
		sealedSecret(TransportOAEP, ""): "RSA-OAEP-MGF1P needs a certificate in <EncryptionKey>",
		sealedSecret(CipherAES128CBC, `<ds:KeyInfo><ds:KeyName>other</ds:KeyName></ds:KeyInfo>`):                       "with another key than the EncryptionKey",
		sealedSecret(CipherAES128CBC, `<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>`):                                       "<KeyInfo> has no element <X509Data>",
		strings.Replace(sealedSecret(CipherAES128CBC, ""), "AAAA<", "AAA<", 1):                                         "<CipherValue> of <Secret> is not base64",
		strings.Replace(sealedSecret(CipherAES128CBC, ""), "AAAA", strings.Repeat("A", 2000), 1):                       "<CipherValue> of <Secret> has 1545 bytes, 1024 are the most",
		strings.Replace(sealedSecret(CipherAES128CBC, ""), strings.Repeat("A", 64), "\n ", 1):                          "<CipherValue> of <Secret> is empty",
		strings.ReplaceAll(strings.Replace(sealedSecret(CipherAES128CBC, ""), ">AAAA<", "><", 1), "Secret", "Counter"): "<ValueMAC> of <Counter> is empty",
		strings.Replace(sealedSecret(CipherAES128CBC, ""), "CipherValue", "CipherReference", 2):                        "<CipherData> has no element <CipherReference>",
		strings.Replace(sealedSecret(CipherAES128CBC, ""), "<ValueMAC>AAAA", "<ValueMAC>"+rfcSecret[:27], 1):           "<ValueMAC> of <Secret> is not base64",
		"<Secret><PlainValue>" + rfcSecret + "</PlainValue></Secret>":                                                  "the <Secret> is plain, in a container whose secrets are encrypted",
		"<Counter><PlainValue>1</PlainValue><ValueMAC>AAAA</ValueMAC></Counter>":                                       "has a PlainValue with a ValueMAC",
		"<Secret><PlainValue>" + rfcSecret + "</PlainValue>" + sealedSecret(CipherAES128CBC, "")[8:]:                   "must have a PlainValue or an EncryptedValue",
	} {
		all, err := readAll(NewDecoder(strings.NewReader(headed(byName+byRef, data)), Options{}))
		if err != nil || len(all) != 1 || all[0].Problem == nil || !strings.Contains(all[0].Problem.Error(), want) {
			t.Errorf("%s\n%v %v, want %s", data, all, err, want)
		}
	}
}

// A key file may hold its key in every way that keys are sent.
func TestSharedForms(t *testing.T) {
	want := "0123456789abcdef"
	for _, text := range []string{
		want, want + "\n", want + "\r\n", "30313233343536373839616263646566", "30313233343536373839616263646566\n", "0x30313233343536373839616263646566",
		"30:31:32:33:34:35:36:37:38:39:61:62:63:64:65:66", "3031 3233 3435 3637 3839 6162 6364 6566\n", "MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1\nNjc4OWFiY2RlZg==\n", "\ufeff30313233343536373839616263646566",
	} {
		found := false
		for _, key := range sharedForms([]byte(text)) {
			found = found || string(key) == want
		}
		if !found {
			t.Errorf("%q", text)
		}
	}
}

// Numbers come as text or as bytes.
func TestOpenedWhole(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "42": 42, "-4": -4, "\x00": 0, "\x2a": 42, "\n": 10, " ": 32, "\x00\x00\x00\x00\x31\xf0\x46\x03": 837830147,
		"9223372036854775807": 1<<63 - 1, "\x7f\xff\xff\xff\xff\xff\xff\xff": 1<<63 - 1,
	} {
		if got, err := openedWhole([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "9223372036854775808", "18446744073709551616", "\x80\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if got, err := openedWhole([]byte(text)); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}
