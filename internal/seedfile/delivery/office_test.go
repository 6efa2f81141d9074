package delivery

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"fob/internal/token"
)

// TestOfficePasswords opens what others protected (see make-office.sh).
func TestOfficePasswords(t *testing.T) {
	const weak = "note: standard.xlsx is protected as by Office 2007, which does not show whether it was changed: ask for a workbook saved by Excel 2010 or newer"
	for _, c := range []struct{ file, keys, want string }{
		{"seeds.xlsx", "", "seeds.xlsx []"},
		{"seeds.ods", "", "seeds.ods []"},
		{"old.xls", "", "old.xls []"},
		{"agile.xlsx", "pass:wrong.txt pass:passphrase.txt", "agile.xlsx [Office password (AES-256)]"},
		{"agile-umlaut.xlsx", "pass:umlaut.txt", "agile-umlaut.xlsx [Office password (AES-256)]"},
		{"populate.xlsx", "pass:passphrase.txt", "populate.xlsx [Office password (AES-256)]"},
		{"standard.xlsx", "pass:passphrase.txt", "standard.xlsx [Office password (AES-128 in ECB)] " + weak},
	} {
		t.Run(c.file, func(t *testing.T) {
			d, err := openFile(t, c.file, c.keys)
			if err != nil {
				t.Fatal(describe(err))
			}
			if got := print(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			plain := string(read(t, sample("seeds.xlsx")))
			if got := content(t, d.Members[0].Source); c.file != "populate.xlsx" && strings.HasSuffix(c.file, ".xlsx") && got != plain {
				t.Error("what comes out is not what was protected")
			}
		})
	}
}

// Without a passphrase, with a wrong one, and with a byte changed anywhere behind
// what tells who can open it, a workbook does not open, and the last two are one
// error.
func TestOfficeRefusals(t *testing.T) {
	for _, file := range []string{"agile.xlsx", "standard.xlsx"} {
		_, err := openFile(t, file, "")
		if token.KindOf(err) != token.KeyTrouble || !strings.Contains(describe(err), "--passphrase-file") {
			t.Errorf("%s: %v", file, err)
		}
		_, err = openFile(t, file, "pass:wrong.txt")
		if err == nil || err.Error() != errWrong(file).Error() {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A changed byte of the package fails the HMAC: with the right passphrase it is
// the error of a wrong one.
func TestOfficeChanged(t *testing.T) {
	whole := read(t, sample("agile.xlsx"))
	keys := given(t, "pass:passphrase.txt")
	changed := 0
	for at := 1024; at < len(whole); at += 211 {
		data := bytes.Clone(whole)
		data[at] ^= 0x40
		d, err := opener(t, keys).Open(t.Context(), memory{"agile.xlsx", data})
		if err != nil {
			changed++
			if kind := token.KindOf(err); kind != token.KeyTrouble && kind != token.Refused {
				t.Errorf("byte %d: %v", at, err)
			}
			continue
		}
		if len(d.Members[0].Layers) > 0 && content(t, d.Members[0].Source) != string(read(t, sample("seeds.xlsx"))) {
			t.Errorf("byte %d: other bytes came out", at)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if changed < 20 {
		t.Errorf("only %d changes were found", changed)
	}
}

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
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || token.HintOf(err) == "") {
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

func FuzzOffice(f *testing.F) {
	for _, name := range []string{"agile.xlsx", "standard.xlsx", "old.xls"} {
		f.Add(read(f, sample(name)))
	}
	fuzzOpen(f, func(t testing.TB) *Keys { return given(t, "pass:passphrase.txt") })
}
