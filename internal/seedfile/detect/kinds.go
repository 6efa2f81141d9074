package detect

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// kind is something that people hand over instead of a seed file, or in which
// one is wrapped. When fob learns to read one, its line goes.
type kind struct {
	is   func(b []byte) bool
	what string
	hint any // a string or a text
}

const (
	// What package delivery undoes comes here only when nobody asked it.
	undo   = "import and inspect undo it; what is in it is the seed file"
	unpack = "fob does not read it: unpack it with the passphrase from the supplier, or ask for a ZIP with AES-256"
	// What a spreadsheet wrote anew has to be held against the devices.
	saveAsWorkbook = "open it and save it as Excel workbook (.xlsx), or save the sheet as CSV UTF-8; then compare the serials with the devices"

	askForCSV = "fob does not read it: ask the supplier for OATH CSV or PSKC"

	askForGraph = "of JSON fob reads what Entra's Graph API takes, one device or {\"@context\": \"#$delta\", \"value\": [...]}: ask the supplier for that, or for OATH CSV"

	// What is encrypted or signed as mails are (RFC 8551), whatever it is wrapped in.
	smime     = "data encrypted by S/MIME (CMS)"
	openSMIME = "fob does not open it: openssl cms -decrypt -inform DER -inkey KEY -in FILE does (-inform PEM or SMIME for text), or ask for OpenPGP or age; what comes out is the seed file"
	signed    = "data signed by S/MIME (CMS)"
	unsign    = "fob does not check it: openssl cms -verify -inform DER -CAfile CERTIFICATE -in FILE does (-inform PEM or SMIME for text); what comes out is the seed file"

	// Digipass, of OneSpan, was VASCO's.
	dpx        = "a OneSpan (VASCO) Digipass file (dpx)"
	askForOATH = "Digipass codes follow OneSpan's own algorithm unless the device was ordered as OATH, and the file opens only with its transport key and OneSpan's library: " +
		"ask the supplier for OATH tokens, with their seeds as PSKC"
)

// appBackup is what to do with the keys of apps: no supplier has a hand in it.
var appBackup = fault.Textf("its keys are those of software tokens: have the app export them as otpauth links, which fob reads, or better make a new key for each (%s)",
	fault.Do(token.CmdVirtual, "ACCOUNT"))

// binaryKinds are recognised by their first bytes.
var binaryKinds = []kind{
	{prefix("PK\x03\x04"), "a ZIP archive", undo},
	{prefix("PK\x05\x06"), "an empty ZIP archive", "fetch the delivery again"},
	{prefix("7z\xBC\xAF\x27\x1C"), "a 7z archive", unpack},
	{prefix("Rar!\x1A\x07"), "a RAR archive", unpack},
	{prefix("%PDF-"), "a PDF document", "the seed file is something else: look for it in the delivery"},
	{prefix("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "an Office document of the old kind (.xls, .doc)",
		saveAsWorkbook},
	{isCMS(3), smime, openSMIME},
	{isCMS(23), smime, openSMIME}, // with authenticated encryption
	{isCMS(2), signed, unsign},
	{isTar, "a tar archive", "fob does not read it: take the seed file out, or ask for a ZIP with AES-256"},
	{prefix("SQLite format 3\x00"), "an SQLite database", "the seed file is something else"},
}

// textKinds are recognised in the text of a file, blanks before it removed.
var textKinds = []kind{
	{prefix("-----BEGIN PGP SIGNED MESSAGE"), "a text signed by OpenPGP in the clear", "check and unwrap it with gpg -d, and hand over on standard input what comes out"},
	{prefix("-----BEGIN PGP"), "an OpenPGP key or signature", "the seed file is something else: look for it in the delivery"},
	{prefix("-----BEGIN CMS"), smime, openSMIME},
	{prefix("-----BEGIN PKCS7"), smime + " or signed by it", openSMIME},
	{isCMSText, smime, openSMIME},
	{prefix("-----BEGIN"), "a key or certificate (PEM)", "the seed file is something else: look for it in the delivery"},
	{xml("TKNBatch"), "an RSA SecurID token file (sdtid)", "SecurID codes follow RSA's own algorithm, not OATH, and only RSA's servers check them: " +
		"ask the supplier for OATH tokens (TOTP or HOTP) with their seeds as PSKC or OATH CSV"},
	{isDPX, dpx, askForOATH},
	{xml("tokenList"), "a Deepnet file for its UAP server (version 3)", "ask Deepnet for the seeds in the format for DualShield (version 5), or as CSV"},
	{prefix("otpauth-migration:"), "an export of Google Authenticator (otpauth-migration)",
		"what is in it is no list of links: take the single accounts out of the app, each as an otpauth link"},
	{isSMIMEMail, "a mail encrypted by S/MIME (CMS)", openSMIME},
	{isForeign, "", ""}, // in words of its own
	{xml(""), "XML of a kind that fob does not know", askForCSV},
	{hasAll(`"db"`, `"header"`, `"slots"`), "a backup of the app Aegis", appBackup},
	{hasAll(`"services"`, `"schemaVersion"`), "a backup of the app 2FAS", appBackup},
	{hasAll(`"servicesEncrypted"`), "a backup of the app 2FAS, encrypted", appBackup},
	{hasAll(`"secret"`, `"label"`, `"type"`, `"digits"`), "a backup of the app andOTP, or of one like it", appBackup},
	{hasAll(`"tokens"`, `"tokenOrder"`), "a backup of the app FreeOTP", appBackup},
	{hasAll(`"Authenticators"`, `"Secret"`), "a backup of the app Stratum (Authenticator Pro)", appBackup},
	{hasAll(`"secret"`, `"issuer"`), "a backup of an authenticator app", appBackup},
	{hasAll(`"encrypted"`, `"items"`), "an export of Bitwarden", appBackup},
	{prefix("{"), "JSON of a kind that fob does not know", askForGraph},
	{prefix("["), "JSON of a kind that fob does not know", askForGraph},
	{func(b []byte) bool { return bytes.Contains(b, []byte("INSERT INTO")) }, "an SQL dump", "of those fob reads Authenex's, with AUTHENEXDB in its first line: " +
		"have the table written as CSV, or ask the supplier for OATH CSV"},
}

func prefix(p string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(p)) }
}

// xml looks for an element, whatever its namespace prefix.
func xml(name string) func([]byte) bool {
	return func(b []byte) bool {
		if !bytes.HasPrefix(b, []byte("<")) {
			return false
		}
		return name == "" || bytes.Contains(b, []byte("<"+name)) || bytes.Contains(b, []byte(":"+name))
	}
}

// isForeign knows what is no list, for any reader: that has its own words. XML and
// JSON have others here.
func isForeign(b []byte) bool {
	what, _ := rows.Foreign(b)
	return what != "" && what != "XML" && what != "JSON"
}

// hasAll looks for names in JSON.
func hasAll(names ...string) func([]byte) bool {
	return func(b []byte) bool {
		if !bytes.HasPrefix(b, []byte("{")) && !bytes.HasPrefix(b, []byte("[")) {
			return false
		}
		for _, n := range names {
			if !bytes.Contains(b, []byte(n)) {
				return false
			}
		}
		return true
	}
}

// isCMS recognises DER of a content type of CMS, by the object identifier that it
// begins with (RFC 5652 section 4: 1.2.840.113549.1.7 and a number).
func isCMS(content byte) func([]byte) bool {
	oid := []byte{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, content}
	if content == 23 { // 1.2.840.113549.1.9.16.1.23, RFC 5083
		oid = []byte{0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17}
	}
	return func(b []byte) bool {
		return len(b) > 0 && b[0] == 0x30 && bytes.Contains(b[:min(len(b), 8+len(oid))], oid)
	}
}

// isCMSText knows the same in base64, as it lies in a mail.
func isCMSText(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("MI")) || len(b) < 64 {
		return false
	}
	der, err := base64.StdEncoding.DecodeString(string(b[:32]))
	return err == nil && isCMS(3)(der)
}

func isSMIMEMail(b []byte) bool {
	return rows.IsMail(b) && bytes.Contains(bytes.ToLower(b[:min(len(b), 8<<10)]), []byte("pkcs7-mime"))
}

// isDPX knows OneSpan's files by words that they begin with. How the rest is
// written is not published.
func isDPX(b []byte) bool {
	head := bytes.ToUpper(b[:min(len(b), 1024)])
	return !bytes.HasPrefix(head, []byte("<")) && !bytes.HasPrefix(head, []byte("{")) &&
		(bytes.Contains(head, []byte("DPX")) && bytes.Contains(head, []byte("DIGIPASS")) || bytes.HasPrefix(head, []byte("DPXFILE")) ||
			bytes.Contains(head, []byte("VASCO")) && bytes.Contains(head, []byte("DIGIPASS")))
}

// isTar knows the mark in the first header of POSIX and GNU tar.
func isTar(b []byte) bool { return len(b) > 262 && string(b[257:262]) == "ustar" }

// recognise refuses a file that is no seed file, by name and with what to do.
func recognise(file string, sample seedfile.Sample) error {
	again := fault.Textf("fetch the delivery again; nothing was changed")
	if len(sample.Data) == 0 {
		return fault.Errorf(fault.Refused, "%q is empty", file).WithAdvice(again)
	}
	if err := match(file, binaryKinds, sample.Data); err != nil {
		return err
	}
	text, err := textOf(sample.Data)
	switch {
	case err != nil:
		return err
	case len(bytes.TrimSpace(text)) == 0 && sample.Whole:
		return fault.Errorf(fault.Refused, "%q holds nothing but blanks", file).WithAdvice(again)
	case isBinary(text):
		return fault.Errorf(fault.Refused, "%q is binary, of a kind that fob does not know", file).
			WithHint("it may be encrypted, or damaged on its way: ask the person who made it how")
	case claimed(sample):
		return nil // whether fob reads it is for its family to say
	}
	return match(file, textKinds, bytes.TrimSpace(text))
}

func foreignWords(data []byte) (what string, hint any) {
	what, said := rows.Foreign(data)
	if strings.Contains(said, "save it as Excel workbook") {
		said = saveAsWorkbook
	}
	return what, said
}

func match(file string, kinds []kind, data []byte) error {
	for _, k := range kinds {
		if k.is(data) {
			if k.what == "" {
				k.what, k.hint = foreignWords(data)
			}
			return fault.Errorf(fault.Refused, "%q is %s", file, k.what).WithHint("%s", k.hint)
		}
	}
	return nil
}

func textOf(data []byte) ([]byte, error) {
	text, _ := rows.UTF8(bytes.NewReader(data))
	return io.ReadAll(text)
}

// isBinary finds bytes that no text has: NUL, or many control characters. Text
// in a code page other than UTF-8 is text, and the reader says what is wrong
// with it.
func isBinary(text []byte) bool {
	odd := 0
	for _, c := range text {
		if c == 0 {
			return true
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			odd++
		}
	}
	return odd*32 > len(text)
}
