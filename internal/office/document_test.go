package office

import (
	"encoding/binary"
	"strings"
	"testing"

	"fob/internal/fault"
)

// What would cost too much, or is protected in ways that Office does not use, is
// refused before a passphrase is tried.
func TestOfficeInfo(t *testing.T) {
	salt := "AAAAAAAAAAAAAAAAAAAAAA=="
	agile := func(spin, cipher, chaining, hash string) string {
		key := `keyBits="256" cipherAlgorithm="` + cipher + `" cipherChaining="` + chaining + `" hashAlgorithm="` + hash + `" saltValue="` + salt + `"`
		return `<encryption><keyData ` + key + `/><dataIntegrity encryptedHmacKey="` + salt + `" encryptedHmacValue="` + salt + `"/>` +
			`<keyEncryptors><keyEncryptor><encryptedKey spinCount="` + spin + `" ` + key + ` encryptedVerifierHashInput="` + salt +
			`" encryptedVerifierHashValue="` + salt + `" encryptedKeyValue="` + salt + `"/></keyEncryptor></keyEncryptors></encryption>`
	}
	for name, c := range map[string]struct{ text, says string }{
		"good":         {agile("100000", "AES", "ChainingModeCBC", "SHA512"), ""},
		"rounds":       {agile("2000000000", "AES", "ChainingModeCBC", "SHA512"), "demands 2000000000 rounds"},
		"cipher":       {agile("100000", "RC4", "ChainingModeCBC", "SHA512"), `protected by "RC4"`},
		"chaining":     {agile("100000", "AES", "ChainingModeCFB", "SHA512"), `which fob does not read`},
		"hash":         {agile("100000", "AES", "ChainingModeCBC", "MD5"), `with "MD5"`},
		"no integrity": {strings.Replace(agile("1", "AES", "ChainingModeCBC", "SHA1"), "encryptedHmacKey", "x", 1), "incomplete or damaged"},
		"no password":  {"<encryption/>", "without a password"},
		"no XML":       {"<encryption", "cut or damaged"},
	} {
		_, err := readAgile("x.xlsx", []byte(c.text))
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || fault.HintOf(err) == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	head := binary.LittleEndian.AppendUint32(nil, 32)
	if _, err := readStandard("x.xlsx", append(head, make([]byte, 200)...)); err == nil || !strings.Contains(err.Error(), "RC4") {
		t.Error(err)
	}
	if _, err := readStandard("x.xlsx", head); err == nil {
		t.Error("a header that was cut was read")
	}
}
