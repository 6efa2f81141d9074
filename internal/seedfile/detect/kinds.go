package detect

import (
	"bytes"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
)

// kind is something that people hand over instead of a seed file, or in which
// one is wrapped. When fob learns to read one, its line goes.
type kind struct {
	is   func(b []byte) bool
	what string
	hint string
}

const (
	// What package delivery undoes comes here only when nobody asked it.
	undo   = "import and inspect undo it; what is in it is the seed file"
	unpack = "fob does not read it: unpack it with the passphrase from the supplier, or ask for a ZIP with AES-256"
	// What a spreadsheet wrote anew has to be held against the devices.
	saveAsWorkbook = "open it and save it as Excel workbook (.xlsx), or save the sheet as CSV UTF-8; then compare the serials with the devices"

	askForCSV = "fob does not read it: ask the supplier for OATH CSV or PSKC"

	askForGraph = "of JSON fob reads what Entra's Graph API takes, one device or {\"@context\": \"#$delta\", \"value\": [...]}: ask the supplier for that, or for OATH CSV"

	// Digipass, of OneSpan, was VASCO's.
	dpx        = "a OneSpan (VASCO) Digipass file (dpx)"
	askForOATH = "Digipass codes follow OneSpan's own algorithm unless the device was ordered as OATH, and the file opens only with its transport key and OneSpan's library: " +
		"ask the supplier for OATH tokens, with their seeds as PSKC"
)

// binaryKinds are recognised by their first bytes.
var binaryKinds = []kind{
	{prefix("PK\x03\x04"), "a ZIP archive", undo},
	{prefix("PK\x05\x06"), "an empty ZIP archive", "fetch the delivery again"},
	{prefix("7z\xBC\xAF\x27\x1C"), "a 7z archive", unpack},
	{prefix("Rar!\x1A\x07"), "a RAR archive", unpack},
	{prefix("%PDF-"), "a PDF document", "the seed file is something else: look for it in the delivery"},
	{prefix("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "an Office document of the old kind (.xls, .doc)",
		saveAsWorkbook},
	{isTar, "a tar archive", "fob does not read it: take the seed file out, or ask for a ZIP with AES-256"},
	{prefix("SQLite format 3\x00"), "an SQLite database", "the seed file is something else"},
}

// textKinds are recognised in the text of a file, blanks before it removed.
var textKinds = []kind{
	{prefix("-----BEGIN PGP SIGNED MESSAGE"), "a text signed by OpenPGP in the clear", "check and unwrap it with gpg -d, and hand over on standard input what comes out"},
	{prefix("-----BEGIN PGP"), "an OpenPGP key or signature", "the seed file is something else: look for it in the delivery"},
	{prefix("-----BEGIN"), "a key or certificate (PEM)", "the seed file is something else: look for it in the delivery"},
	{xml("TKNBatch"), "an RSA SecurID token file (sdtid)", "SecurID codes follow RSA's own algorithm, not OATH, and only RSA's servers check them: " +
		"ask the supplier for OATH tokens (TOTP or HOTP) with their seeds as PSKC or OATH CSV"},
	{isDPX, dpx, askForOATH},
	{xml("tokenList"), "a Deepnet file for its UAP server (version 3)", "ask Deepnet for the seeds in the format for DualShield (version 5), or as CSV"},
	{prefix("otpauth-migration:"), "an export of Google Authenticator (otpauth-migration)",
		"what is in it is no list of links: take the single accounts out of the app, each as an otpauth link"},
	{isHTMLTable, "a web page with a table in it, as web applications export lists for Excel", saveAsWorkbook},
	{isHTML, "a web page", "perhaps a log-in page was saved in place of the file: download it again in a browser"},
	{isSpreadsheetXML, "an Excel workbook written as XML (Excel 2003)", saveAsWorkbook},
	{xml(""), "XML of a kind that fob does not know", askForCSV},
	{prefix("{"), "JSON of a kind that fob does not know", askForGraph},
	{prefix("["), "JSON of a kind that fob does not know", askForGraph},
	{contains("INSERT INTO"), "an SQL dump", "of those fob reads Authenex's, with AUTHENEXDB in its first line: " +
		"have the table written as CSV, or ask the supplier for OATH CSV"},
}

func prefix(p string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(p)) }
}

func contains(p string) func([]byte) bool {
	return func(b []byte) bool { return bytes.Contains(b, []byte(p)) }
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

func isHTML(b []byte) bool {
	head := bytes.ToLower(b[:min(len(b), 512)])
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// isHTMLTable knows what Excel opens as a sheet, whatever the file is called.
func isHTMLTable(b []byte) bool {
	return isHTML(b) && bytes.Contains(bytes.ToLower(b), []byte("<table")) && !bytes.Contains(bytes.ToLower(b), []byte("<form"))
}

func isSpreadsheetXML(b []byte) bool {
	return xml("Workbook")(b) && bytes.Contains(b, []byte("urn:schemas-microsoft-com:office:spreadsheet"))
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
			WithHint("it may be encrypted, or damaged on its way: ask the supplier how it was made")
	case claimed(sample):
		return nil // whether fob reads it is for its family to say
	}
	return match(file, textKinds, bytes.TrimSpace(text))
}

func match(file string, kinds []kind, data []byte) error {
	for _, k := range kinds {
		if k.is(data) {
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
