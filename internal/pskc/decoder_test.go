package pskc

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

const (
	rfcSeed   = "12345678901234567890"
	rfcSecret = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
	open      = `<KeyContainer Version="1.0" xmlns="` + Namespace + `">`
	shut      = `</KeyContainer>`
	one       = `<KeyPackage><DeviceInfo><SerialNo>26</SerialNo></DeviceInfo><Key Id="1" Algorithm="` + AlgorithmHOTP + `"><Data>` +
		`<Secret><PlainValue>` + rfcSecret + `</PlainValue></Secret><Counter><PlainValue>7</PlainValue></Counter></Data></Key></KeyPackage>`
)

// readAll returns the packages and the error that ended them; nil at the end.
func readAll(d *Decoder) (all []*KeyPackage, err error) {
	for {
		p, err := d.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
}

func decode(text string) ([]*KeyPackage, error) {
	return readAll(NewDecoder(strings.NewReader(text), Options{}))
}

func TestOnePackage(t *testing.T) {
	for name, text := range map[string]string{
		"plain":       open + one + shut,
		"mark":        "\ufeff" + open + one + shut,
		"declaration": "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<!-- x -->\n" + open + one + shut + "\n<!-- x -->\n",
		"prefix":      strings.NewReplacer("</", "</p:", "<", "<p:", "xmlns=", "xmlns:p=").Replace(open + one + shut),
		"extensions":  open + `<Extensions><x:y xmlns:x="u"/></Extensions>` + one + shut,
		"foreign":     strings.Replace(open, " xmlns", ` xmlns:xsi="i" xsi:schemaLocation="a b" vendor="x" xmlns`, 1) + one + shut,
	} {
		all, err := decode(text)
		if err != nil || len(all) != 1 || all[0].Problem != nil {
			t.Errorf("%s: %v %v", name, all, err)
			continue
		}
		k := all[0].Key
		if all[0].Device.SerialNo != "26" || k.ID != "1" || k.Counter.Plain != 7 || string(k.Secret.Plain.Bytes()) != rfcSeed {
			t.Errorf("%s: %+v %+v", name, all[0], k)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	macMethod := `<MACMethod Algorithm="` + MACHMACSHA1 + `"><MACKeyReference>m</MACKeyReference></MACMethod>`
	signature := `<d:Signature xmlns:d="` + namespaceDS + `"/>`
	for text, says := range map[string]string{
		"":                           "the file has no XML element",
		" \n":                        "the file has no XML element",
		"serial,seed\n1,2\n":         "text before the first element",
		open:                         "cut off inside <KeyContainer>",
		open + one:                   "cut off inside <KeyContainer>",
		open + one + "</KeyContaine": "cut off inside <KeyContainer>",
		open + one[:strings.Index(one, rfcSecret)+9]:                               "cut off inside <PlainValue>",
		open + one + "<!-- ":                                                       "cut off inside <KeyContainer>",
		open + "x" + one + shut:                                                    "text between the elements of <KeyContainer>",
		open + one + shut + "x":                                                    "text behind the end",
		open + one + shut + shut:                                                   "<KeyContainer> is closed where it is not open",
		open + one + shut + open:                                                   "a second root element",
		open + one + "</Keycontainer>":                                             "<Keycontainer> is closed where it is not open",
		"<KeyContainer>":                                                           "without a namespace",
		strings.Replace(open, Namespace, drafts[0], 1) + one:                       "the container has a form from before RFC 6030",
		strings.Replace(open, Namespace, "urn:x", 1) + one:                         "in a namespace that is not that of PSKC",
		"<html xmlns='x'>":                                                         "its root is <html>",
		"<!DOCTYPE KeyContainer>" + open + one + shut:                              "a DOCTYPE",
		open + "<!ENTITY a 'b'>" + one + shut:                                      "a DOCTYPE",
		open + strings.Replace(one, "26", "&a;", 1) + shut:                         "an entity",
		open + strings.Replace(one, "26", "\x01", 1) + shut:                        "a character that is not UTF-8",
		open + strings.Replace(one, "26", "\xff", 1) + shut:                        "a character that is not UTF-8",
		open + strings.Replace(one, "26", "<", 1) + shut:                           "not well-formed",
		open + "<?xml version='1.0'?>" + one + shut:                                "an XML declaration that is not at the beginning",
		"<?xml version='1.1'?>" + open + one + shut:                                "another version than 1.0",
		"<?xml version='1.0' encoding='utf-16'?>" + open + one + shut:              "another encoding than UTF-8",
		"\xff\xfe<\x00K\x00":                                                       "written in UTF-16",
		"<\x00K\x00":                                                               "written in UTF-16",
		"\x00<\x00K":                                                               "written in UTF-16",
		open + `<KeyPackage xmlns:a=""/>`:                                          "a namespace is declared in a way",
		open + `<KeyPackage xmlns:xml="u"/>`:                                       "a namespace is declared in a way",
		open + `<q:KeyPackage/>`:                                                   "KeyPackage has a prefix that is not declared",
		open + `<KeyPackage q:a="1"/>`:                                             "a has a prefix that is not declared",
		open + `<:KeyPackage/>`:                                                    "a name with a colon",
		open + `<KeyPackage a="1" a="1"/>`:                                         "an attribute stands twice",
		open + `<KeyPackage xmlns:a="u" xmlns:b="u" a:x="1" b:x="1"/>`:             "an attribute stands twice",
		open + `<KeyPackage xmlns:a="u" xmlns:a="u"/>`:                             "an attribute stands twice",
		open + `<KeyPackage><Key Id="1" id="1"/></KeyPackage>`:                     "<Key> has an Id and an id",
		open + one + "<MACMethod/>" + shut:                                         "<MACMethod> behind a <KeyPackage>",
		open + macMethod + macMethod + shut:                                        "<MACMethod> stands twice",
		open + "<MACMethod/>" + shut:                                               "the MAC algorithm is not named",
		open + one + signature + signature + shut:                                  "<Signature> stands twice",
		open + one + signature + one + shut:                                        "a <KeyPackage> behind the <Signature>",
		open + "<x:y xmlns:x='u'/>" + one + shut:                                   "<y> in <KeyContainer> is not in the namespace",
		open + "<Device/>" + one + shut:                                            "the container has a form from before RFC 6030",
		open + "<Devices/>" + one + shut:                                           "<KeyContainer> has no element <Devices>",
		open + strings.Repeat("<Extensions>", xmlstream.MaxDepth):                  "nested more than 32 deep",
		open + "<KeyPackage " + many(xmlstream.MaxAttributes+1, `a%d=""`) + "/>":   "has more than 64 attributes",
		open + "<!--" + strings.Repeat("x", xmlstream.MaxToken) + "-->":            "more than 64 KiB",
		open + "<KeyPackage>" + strings.Repeat(" ", xmlstream.MaxToken+1):          "more than 64 KiB",
		open + `<KeyPackage a="` + strings.Repeat("x", xmlstream.MaxToken) + `"/>`: "more than 64 KiB",
		open + "<" + strings.Repeat("x", 50) + "/>":                                "an element with a name too long to show",
		strings.Replace(open, "1.0", "10.0", 1):                                    "another Version",
		strings.Replace(open, "1.0", "1", 1):                                       "another Version",
		strings.Replace(open, "Version", "version", 1):                             "no Version",
		open + "<KeyPackage><DeviceInfo><Model>" + many(9, "<![CDATA["+strings.Repeat("x", xmlstream.MaxToken/8-20)+"]]>"): "more than 64 KiB of text",
	} {
		_, err := decode(text)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%.200q:\n%v, want %s", text, err, says)
		}
	}
}

// many repeats a text, with a number in it where it has a place for one.
func many(n int, text string) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(text, "%d") {
			fmt.Fprintf(&b, text+" ", i)
		} else {
			b.WriteString(text)
		}
	}
	return b.String()
}

// What is wrong with one package leaves the others alone.
func TestProblems(t *testing.T) {
	for text, says := range map[string]string{
		"<KeyPackage/>":                                    "",
		"<KeyPackage>x</KeyPackage>":                       "text between the elements of <KeyPackage>",
		`<KeyPackage><Key Id="1" Wrong="2"/></KeyPackage>`: "<Key> has no attribute Wrong",
		`<KeyPackage><Key Id="1"><Data><Time><PlainValue/></Time></Data></Key></KeyPackage>`:                                       "<Time> is empty",
		`<KeyPackage><Key Id="1"><Data><Counter><PlainValue>9223372036854775808</PlainValue></Counter></Data></Key></KeyPackage>`:  "<Counter> is beyond 9223372036854775807",
		`<KeyPackage><Key Id="1"><Data><Counter><PlainValue>18446744073709551616</PlainValue></Counter></Data></Key></KeyPackage>`: "<Counter> is beyond 9223372036854775807", // base64 as well
		`<KeyPackage><Key Id="1"><Data><Counter><PlainValue>1.0</PlainValue></Counter></Data></Key></KeyPackage>`:                  "<Counter> is no whole number",
		`<KeyPackage><Key Id="1"><Data><Counter><PlainValue>AAAAAAAAACo=</PlainValue></Counter></Data></Key></KeyPackage>`:         "it may be one in base64, which only compat reads",
		`<KeyPackage><Key Id="1"><Data><Secret><PlainValue> </PlainValue></Secret></Data></Key></KeyPackage>`:                      "<Secret> is empty",
		`<KeyPackage><Key Id=" "/></KeyPackage>`:                                                                                                 "<Key> has no Id",
		`<KeyPackage Id="1"/>`:                                                                                                                   "<KeyPackage> has no attribute Id",
		`<KeyPackage><Key Id="1"><Data><Time/></Data></Key></KeyPackage>`:                                                                        "must have a PlainValue or an EncryptedValue",
		`<KeyPackage><Key Id="1"><Policy><KeyUsage a="1">OTP</KeyUsage></Policy></Key></KeyPackage>`:                                             "<KeyUsage> has no attribute a",
		`<KeyPackage><Key Id="1"><Policy><NumberOfTransactions>-1</NumberOfTransactions></Policy></Key></KeyPackage>`:                            "is no number, and RFC 6030",
		`<KeyPackage><Key Id="1"><Policy><PINPolicy PINUsageMode="local"/></Policy></Key></KeyPackage>`:                                          "the PINUsageMode local is unknown",
		`<KeyPackage><Key Id="1"><AlgorithmParameters><ResponseFormat CheckDigit="1" CheckDigits="0"/></AlgorithmParameters></Key></KeyPackage>`: "<ResponseFormat> has CheckDigits and CheckDigit",
		`<KeyPackage><Key Id="1"><AlgorithmParameters><ResponseFormat CheckDigit="yes"/></AlgorithmParameters></Key></KeyPackage>`:               "neither true nor false",
		`<KeyPackage><Key Id="1"><AlgorithmParameters><ResponseFormat>6</ResponseFormat></AlgorithmParameters></Key></KeyPackage>`:               "text between the elements of <ResponseFormat>",
		`<KeyPackage><Extensions a="1">text <y a="1" xmlns="u">text</y></Extensions></KeyPackage>`:                                               "",
	} {
		all, err := decode(open + text + one + shut)
		if err != nil || len(all) != 2 || all[1].Problem != nil {
			t.Errorf("%s: %v %v", text, all, err)
			continue
		}
		if p := all[0].Problem; (p == nil) != (says == "") || p != nil && !strings.Contains(p.Error(), says) {
			t.Errorf("%s: %v, want %s", text, p, says)
		}
	}
}

func TestHeader(t *testing.T) {
	d := NewDecoder(strings.NewReader(strings.Replace(open, "Version", `Id="a" Version`, 1)+
		`<EncryptionKey><d:KeyName xmlns:d="`+namespaceDS+`">k</d:KeyName></EncryptionKey>`+
		`<MACMethod Algorithm="`+MACHMACSHA1+`"><MACKeyReference>m</MACKeyReference></MACMethod>`+
		`<KeyPackage/><d:Signature xmlns:d="`+namespaceDS+`"/>`+shut), Options{})
	if _, err := readAll(d); err != nil {
		t.Fatal(err)
	}
	h := d.Header()
	if h.Version != "1.0" || h.ID != "a" || h.Encryption.KeyName != "k" || h.MAC.Reference != "m" || h.MAC.MAC.String() != "HMAC-SHA1" || !d.Signed() {
		t.Errorf("%+v %v", h, d.Signed())
	}
	if _, err := d.Next(); err != io.EOF {
		t.Error(err)
	}
}

func TestMorePackagesThanAllowed(t *testing.T) {
	d := NewDecoder(strings.NewReader(open+one+one+one+shut), Options{})
	d.most = 2
	if all, err := readAll(d); len(all) != 2 || fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "more than 2 packages") {
		t.Error(all, err)
	}
}

func TestReadErrorsStay(t *testing.T) {
	disk := errors.New("disk")
	for _, text := range []string{"", open, open + one + shut} {
		if _, err := readAll(NewDecoder(io.MultiReader(strings.NewReader(text), iotest.ErrReader(disk)), Options{})); !errors.Is(err, disk) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := readAll(NewDecoder(stuck{}, Options{})); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestParseMoment(t *testing.T) {
	utc := func(s string) time.Time { m, _ := time.Parse(time.RFC3339, s); return m }
	for text, want := range map[string]Moment{
		"2026-01-31T12:30:00Z":        {utc("2026-01-31T12:30:00Z"), false},
		"2026-01-31T12:30:00.25Z":     {utc("2026-01-31T12:30:00.25Z"), false},
		"2026-01-31T12:30:00+02:00":   {utc("2026-01-31T10:30:00Z"), false},
		"2026-01-31T12:30:00":         {utc("2026-01-31T12:30:00Z"), true},
		"2026-01-31T24:00:00":         {utc("2026-02-01T00:00:00Z"), true},
		"2026-01-31T24:00:00.0-01:00": {utc("2026-02-01T01:00:00Z"), false},
	} {
		if m, ok := parseMoment(text); !ok || !m.Equal(want.Time) || m.Unzoned != want.Unzoned {
			t.Errorf("%s: %v", text, m)
		}
	}
	for _, text := range []string{"", "2026-01-31", "31.1.2026", "2026-02-30T00:00:00Z", "2026-01-31 00:00:00Z", "2026-01-31T24:00:01Z", "2026-01-31T25:00:00Z"} {
		if m, ok := parseMoment(text); ok {
			t.Errorf("%s: %v", text, m)
		}
	}
}

func TestParseAlgorithm(t *testing.T) {
	for uri, want := range map[string]Algorithm{
		AlgorithmHOTP: HOTP, AlgorithmTOTP: TOTP, strings.ToUpper(AlgorithmTOTP): TOTP, Namespace + "#OCRA-1:HOTP-SHA1-6:QN08": OCRA,
		Namespace + ":pin": PIN, "http://www.yubico.com/#yubikey-aes": YubicoOTP, "": OtherAlgorithm, "hotp": OtherAlgorithm, Namespace: OtherAlgorithm,
	} {
		if got := ParseAlgorithm(uri); got != want {
			t.Errorf("%s: %d", uri, got)
		}
	}
}
