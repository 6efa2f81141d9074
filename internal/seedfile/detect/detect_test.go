package detect

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/netiq"
	"fob/internal/seedfile/xlsx"
	"fob/internal/testkit"
)

// held is a Source in memory.
type held string

func (h held) Name() string                 { return "delivery.pdf" }
func (h held) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(h))), nil }

const row = "2600412300001,3132333435363738393031323334353637383930,totp,6,30\n"

func wide(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestDetect(t *testing.T) {
	for name, text := range map[string]string{
		"plain": row, "long": strings.Repeat(row, 5000), "utf-16": "\xff\xfe" + wide(row), "bare utf-16": wide(row),
		"long utf-16": wide(strings.Repeat(row, 5000)), "mark": "\ufeff" + row, "comments": strings.Repeat("# x\n", 1000) + row,
	} {
		f, why, err := detectIn(held(text), seedfile.Options{})
		if err != nil || f.Name != "oath-csv" || why == "" {
			t.Errorf("%s: %q %q %v", name, f.Name, why, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for text, says := range map[string]string{
		"":               "is empty",
		" \r\n\t\n":      "holds nothing but blanks",
		"\ufeff \n":      "holds nothing but blanks",
		"a\x00b\x01\x02": "is binary",
		"PK\x03\x04\x14\x00\x00\x00[Content_Types].xml":                                 "a workbook or a ZIP archive that was cut",
		"PK\x03\x04\x14\x00\x01\x00seeds.csv":                                           "a workbook or a ZIP archive that was cut",
		"%PDF-1.7\n":                                                                    "a PDF document",
		"7z\xbc\xaf\x27\x1c\x00":                                                        "a 7z archive",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00":                                          "an Office document of the old kind",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----\n":                                        "an OpenPGP key or signature",
		"-----BEGIN CERTIFICATE-----\n":                                                 "a key or certificate",
		"\ufeff<KeyContainer Version='1.0'>":                                            "pskc: <KeyContainer> without a namespace",
		"\xff\xfe" + wide("<KeyContainer Version='1.0'>"):                               "pskc: <KeyContainer> without a namespace",
		"\xff\xfe" + wide("<KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:pskc'>"): "pskc: the file is written in UTF-16",
		"<KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:PSKC'>":                    "pskc: <KeyContainer> in a namespace that is not that of PSKC",
		"<!DOCTYPE html [<!-- <KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:pskc'> -->]><html></html>": "a web page",
		"<x><KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:pskc'></KeyContainer></x>":                   "XML of a kind",
		"<?xml version='1.0'?><TKNBatch>":                                    "RSA SecurID",
		"<tokens><Token serial='1'>":                                         "etoken-xml: its root is <tokens>; that of eToken XML is <Tokens>",
		"<Tokens xmlns='u'/>":                                                "etoken-xml: its root <Tokens> is in a namespace",
		"\xff\xfe" + wide("<Tokens/>"):                                       "etoken-xml: the file is written in UTF-16",
		"<Data><header/></Data>":                                             "deepnet: its root is <Data>; that of Deepnet XML is <data>",
		"<data><x/></data>":                                                  "XML of a kind",
		"<tokenList><tokenInfo/></tokenList>":                                "a Deepnet file for its UAP server",
		"DIGIPASS Export File DPX 1\n0123456789ABCDEF\n":                     "a OneSpan (VASCO) Digipass file",
		"otpauth-migration://offline?data=CjEKCkhlbGxv\n":                    "an export of Google Authenticator",
		"<!DOCTYPE html><title>Log in</title>":                               "a web page",
		"<html><table><tr><td>serial</td></tr></table></html>":               "a web page with a table in it",
		"<html><form><table></table></form></html>":                          `"delivery.pdf" is a web page`,
		"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>": "an Excel workbook written as XML (Excel 2003)",
		"<x/>":            "XML of a kind",
		"{\"tokens\":[]}": "JSON",
		"CREATE TABLE x;\nINSERT INTO OTP VALUES ('1');\n":             "an SQL dump",
		"dear customer,\nyour tokens are on their way\n":               "text in no format that fob knows",
		"2600412300001,GEZDGNBVGY3TQOJQ,totp,6,30\n":                   "oath-csv: column 3 says hotp or totp in 1 of the first 1 rows, but the seeds of column 2 are not hex",
		"serial,secret,interval\n1,3132,30\n":                          "oath-csv: the header names no type, only serial, seed, step",
		"M\x81ller,x,y\n":                                              "line 1: the line is neither valid UTF-8 nor Windows-1252",
		strings.Repeat("hello,you\n", 9000) + "\xff":                   "text in no format",
		strings.Repeat("ä", seedfile.SampleSize/2-1) + "\nä" + "\xff":  "text in no format",
		wide("hello\n") + strings.Repeat(wide("hello"), 20000) + "odd": "text in no format",
	} {
		_, _, err := detectIn(held(text), seedfile.Options{})
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v, want %s", text, err, says)
		}
	}
}

// named is a Source whose name matters.
type named struct {
	held
	name string
}

func (n named) Name() string { return n.name }

func TestNamedDPX(t *testing.T) {
	_, _, err := detectIn(named{held("some text\n0123456789\n"), "Batch 7.DPX"}, seedfile.Options{})
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "by its name it is a OneSpan (VASCO) Digipass file") || fault.HintOf(err) == "" {
		t.Error(err)
	}
	if f, _, err := detectIn(named{held(row), "x.dpx"}, seedfile.Options{}); err != nil || f.Name != "oath-csv" {
		t.Error(f.Name, err)
	}
}

func TestTwoFamiliesFit(t *testing.T) {
	fits := func(seedfile.Sample) seedfile.Match { return seedfile.Match{Fits: true, Why: "columns"} }
	formats := []seedfile.Format{{Name: "a", Sniff: fits}, {Name: "b", Sniff: fits}}
	_, _, err := choose("x.csv", seedfile.Sample{}, formats)
	var e *fault.Error
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "may be a or b") || !strings.Contains(fault.AdviceOf(e).In(testkit.Flags), "--format a, or --format b") {
		t.Error(err)
	}
}

func TestByName(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ByName(f.Name); err != nil || got.Name != f.Name {
			t.Error(f.Name, err)
		}
	}
	if _, err := ByName("csv"); fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "oath-csv") {
		t.Error(err)
	}
}

// TestDeclarations: what help and import need is there, and a format's example
// is a file of it.
func TestDeclarations(t *testing.T) {
	for _, f := range Formats() {
		if f.Title == "" || f.Open == nil || f.Sniff == nil {
			t.Errorf("%s is incomplete", f.Name)
		}
		checkSupport(t, f)
		got, _, err := detectIn(held(strings.Join(f.Example, "\n")+"\n"), seedfile.Options{})
		switch {
		case f.Name == columns.Name, f.Name == xlsx.Name: // nobody but the operator knows, and no text
		case f.Name == netiq.Name && strings.Contains(fault.AdviceOf(err).In(testkit.Flags), "--format netiq"): // or hex-csv
		case err != nil || got.Name != f.Name:
			t.Errorf("%s: its example is %q, %v", f.Name, got.Name, err)
		}
	}
}

// checkSupport: a family says all that people want to know of it, and its samples
// are there.
func checkSupport(t *testing.T, f seedfile.Format) {
	s := f.Support
	for what, text := range map[string]string{"Read": s.Read, "Found": s.Found, "Encrypted": s.Encrypted, "Checked": s.Checked} {
		if text == "" {
			t.Errorf("%s does not declare Support.%s, which the table in the README needs", f.Name, what)
		}
	}
	if len(s.Samples) == 0 {
		t.Errorf("%s names no sample", f.Name)
	}
	for _, file := range s.Samples {
		if _, err := os.Stat(filepath.Join(samples, file)); err != nil || !strings.HasPrefix(file, f.Name+"/") {
			t.Errorf("%s: the sample %q is not there (%v)", f.Name, file, err)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte(row))
	f.Add([]byte("\x85\x01"))
	f.Add([]byte("<\x00K\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, err := detectIn(held(data), seedfile.Options{})
		if err != nil && fault.KindOf(err) != fault.Refused {
			t.Fatal(err)
		}
	})
}
