package rows

import (
	"bufio"
	"bytes"
	"io"

	"fob/internal/damage"
	"fob/internal/fault"
)

// Probe is how many bytes of a file tell what it is.
const Probe = 4 << 10

// Picture names what is no text by its first bytes; empty: it may be one.
func Picture(head []byte) string {
	for magic, what := range map[string]string{"\x89PNG": "a picture (PNG)", "\xff\xd8\xff": "a picture (JPEG)", "GIF8": "a picture (GIF)",
		"%PDF": "a PDF", "II*\x00": "a picture (TIFF)", "MM\x00*": "a picture (TIFF)", "RIFF": "a picture (WebP) or a sound"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return what
		}
	}
	if len(head) > 12 && string(head[4:8]) == "ftyp" {
		return "a picture (HEIC) or a film"
	}
	return ""
}

// Documents of the old Office begin so (MS-CFB), and those of the new one that have
// a password: in these a stream is named as MS-OFFCRYPTO 2.3.4.4 says, in UTF-16.
const (
	oldMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	locked   = "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"
)

// maxOldOffice bounds what is read of a document to see whether it has a password:
// where the name stands in it depends on its size.
const maxOldOffice = 64 << 20

// CheckOffice refuses workbooks of the old Office, and those of the new one that
// have a password, which look alike. An error of reading the first row tells.
func CheckOffice(in *bufio.Reader) error {
	if head, _ := in.Peek(len(oldMagic)); string(head) != oldMagic {
		return nil
	}
	whole, err := io.ReadAll(io.LimitReader(in, maxOldOffice))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "reading the list")
	}
	if bytes.Contains(whole, []byte(locked)) {
		return fault.Errorf(fault.Refused, "the list is a workbook that a password protects").
			WithHint("open it in Excel or LibreOffice and save it without a password, or as CSV")
	}
	return fault.Errorf(fault.Refused, "the list is an Office document of the old kind (.xls)").
		WithHint("open it in Excel or LibreOffice and save it as .xlsx, or as CSV")
}

// foreign are texts that are no list of rows, and what to do about them.
var foreign = []struct {
	is         func(text []byte) bool
	what, hint string
}{
	{isHTMLTable, "a web page with a table in it, as web applications export lists for Excel", resave},
	{isHTML, "a web page", "perhaps a log-in page was saved in place of the file: download it again in a browser"},
	{isSpreadsheetXML, "an Excel workbook written as XML (Excel 2003)", resave},
	{func(b []byte) bool { return bytes.HasPrefix(b, []byte("<")) }, "XML", asCSV},
	{isJSON, "JSON", asCSV},
	{func(b []byte) bool { return ldif().Match(b) }, "LDIF, as directories export it", asCSV},
	{func(b []byte) bool { return bytes.HasPrefix(b, []byte("BEGIN:VCARD")) }, "a file of business cards (vCard)", asCSV},
	{func(b []byte) bool { return bytes.HasPrefix(b, []byte("{\\rtf")) }, "a document (RTF)", asCSV},
	{IsMail, "a mail", "save what is attached to it, and hand that over"},
}

const (
	resave = "open it and save it as Excel workbook (.xlsx), or save the sheet as CSV UTF-8"
	asCSV  = "have the list exported as CSV, or as Excel workbook"
)

// Foreign names a text that is no list of rows by its beginning; empty: it may be one.
func Foreign(text []byte) (what, hint string) {
	text = bytes.TrimSpace(text)
	for _, f := range foreign {
		if f.is(text) {
			return f.what, f.hint
		}
	}
	return "", ""
}

// CheckForeign refuses such a text in the place of a list.
func CheckForeign(in *bufio.Reader) error {
	head, _ := in.Peek(Probe) // an error of reading the first row tells
	text, _ := UTF8(bytes.NewReader(head))
	bare, _ := io.ReadAll(text)
	if what, hint := Foreign(bare); what != "" {
		return fault.Errorf(fault.Refused, "the list is %s, no text of rows", what).WithHint("%s", hint)
	}
	return nil
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
	return bytes.HasPrefix(b, []byte("<")) && bytes.Contains(b, []byte("Workbook")) && bytes.Contains(b, []byte("urn:schemas-microsoft-com:office:spreadsheet"))
}

// json is how objects and lists of them begin; a header in brackets does not.
var json = damage.Pattern(`^(\{\s*("|\})|\[\s*([{\["\]]|-?\d|null|true|false))`)

func isJSON(b []byte) bool { return json().Match(b) }

// ldif begins with an entry, perhaps behind a version and comments (RFC 2849).
var ldif = damage.Pattern(`^(?:#[^\n]*\r?\n)*(?:version: ?1\s+)?(?:#[^\n]*\r?\n)*dn::? `)

// mailHeader are lines that a mail begins with (RFC 5322).
var mailHeader = damage.Pattern(`(?i)^((return-path|received|delivered-to|from|to|subject|date|message-id|mime-version|content-[a-z-]+|x-[a-z-]+|dkim-signature|authentication-results|arc-[a-z-]+):[^\n]*\r?\n([ \t][^\n]*\r?\n)*){2,}`)

// IsMail reports whether a text begins as a mail does.
func IsMail(b []byte) bool { return mailHeader().Match(b) }
