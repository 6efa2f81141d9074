package detect

import (
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

const (
	hex1, hex2   = "3132333435363738393031323334353637383930", "178720b58e9fba76df4b1d935742fbf05fe749ca"
	b32a, b32b   = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "C6DSBNMOT65HNX2LDWJVOQX36BP6OSOK"
	b64a         = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
	whichHexFile = "say which: --format hex-csv (asks for the type and the digits), or --format netiq (HOTP with 6 digits, unless the operator says otherwise)"
)

// Files that two families could claim, and what fob says of each: the family, or
// the families and the flag that decides.
func TestNearTwins(t *testing.T) {
	for _, c := range []struct{ name, text, want, hint string }{
		{"serial and hex behind a comma", "1001," + hex1 + "\n1002," + hex2 + "\n",
			`"delivery.pdf" may be hex-csv or netiq, which read it differently`, whichHexFile},
		{"the same with tabs", "1001\t" + hex1 + "\n1002\t" + hex2 + "\n",
			`"delivery.pdf" may be hex-csv or netiq, which read it differently`, whichHexFile},
		{"the same with a blank", "1001 " + hex1 + "\n1002 " + hex2 + "\n", "serial-seed", ""},
		{"the same under a header", "serial,key\n1001," + hex1 + "\n", "hex-csv", ""},
		{"the same with a counter", "1001," + hex1 + ",0\n1002," + hex2 + ",7\n", "hex-csv", ""},
		{"a counter that is empty", "1001," + hex1 + ",\n1002," + hex2 + ",7\n", "hex-csv", ""},
		{"serial and base32 behind a comma", "1001," + b32a + "\n1002," + b32b + "\n", "serial-seed", ""},
		{"serial and base64", "1001;" + b64a + "\n", "serial-seed", ""},
		{"a type in the third column", "1001," + hex1 + ",hotp\n1002," + hex2 + ",hotp\n", "oath-csv", ""},
		{"four columns with a type", "1001," + hex1 + ",totp,8\n", "oath-csv", ""},
		{"five columns with a type", "1001," + hex1 + ",hotp,6,0\n1002," + hex2 + ",hotp,6,30\n", "oath-csv", ""},
		{"five columns of TOTP", "1001," + hex1 + ",totp,6,30\n", "oath-csv", ""},
		{"five columns, a step for HOTP", "1001," + hex1 + ",hotp,6,30\n1002," + hex2 + ",totp,6,30\n",
			`"delivery.pdf" may be oath-csv or netiq, which read it differently`,
			"say which: --format oath-csv (seeds in column 2, and a fifth is the counter of HOTP tokens), " +
				"or --format netiq (column 5 is a step, which means nothing for HOTP tokens: they start at 0)"},
		{"six columns with a type", "1001," + hex1 + ",totp,6,30,sha1\n", "oath-csv", ""},
		{"six columns, the manufacturer second", "1001,Feitian,totp," + hex1 + ",6,30\n", "multiotp", ""},
		{"a manufacturer that is hex", "1001,FACE,totp," + hex1 + ",6,30\n",
			`"delivery.pdf" may be oath-csv or multiotp, which read it differently`,
			"say which: --format oath-csv (seeds in column 2, and a fifth is the counter of HOTP tokens), or --format multiotp (seeds in column 4)"},
		{"a header with interval_or_event", "serial;manufacturer;algorithm;seed;digits;interval_or_event\n", "multiotp", ""},
		{"user, resolver and realm in front", "anna,ldap,corp,1001," + hex1 + ",totp,6,30\n", "oath-csv", ""},
		{"entra without a UPN", "serial number,secret key,time interval,manufacturer,model\n1001," + b32a + ",30,x,y\n", "entra", ""},
		{"entra with a type", "serial number,secret key,time interval,manufacturer,model,type\n1001," + hex1 + ",30,x,y,totp\n", "oath-csv", ""},
		{"a header with a step and hex", "serial,secret,interval\n1001," + hex1 + ",30\n", "hex-csv", ""},
		{"base64 between colons", "1001:" + b64a + ":MA==\n", "nexus", ""},
		{"a YubiKey log", "LOGGING START,1.1.2026\n", "yubikey", ""},
		{"a YubiKey log of Yubico's", "1001,cccccccccccb,0," + hex1 + ",,2026-11-24T09:31:00,\n", "yubico", ""},
		// Nobody's, and what is near.
		{"two words", "dear customer\nyour tokens\n", `"delivery.pdf" is text in no format that fob knows`, "--columns serial=1,seed=2 takes any other table"},
		{"base32 and a number", "1001," + b32a + ",30\n", `"delivery.pdf" is text in no format that fob knows`, "--columns"},
		{"a header with a step and base32", "serial,secret,interval\n1001," + b32a + ",30\n" + strings.Repeat("1002,"+b32b+",30\n", 3),
			`"delivery.pdf" fits no format (oath-csv: the header names no type, only serial, seed, step; ` +
				`entra: the header names no manufacturer, model; ` +
				`hex-csv: the header names serial, seed, step and no type, but the seeds are not hex)`, "--columns"},
	} {
		f, _, err := detectIn(held(c.text), seedfile.Options{})
		got := f.Name
		if err != nil {
			got = err.Error()
		}
		if got != c.want || !strings.Contains(fault.AdviceOf(err).In(testkit.Flags), c.hint) {
			t.Errorf("%s: %s (%s)", c.name, got, fault.AdviceOf(err).In(testkit.Flags))
		}
	}
}

// Detection reads a file as it will be read.
func TestDetectWithOptions(t *testing.T) {
	text := "Dear customer\n\n1001|" + hex1 + "|0\n1002|" + hex2 + "|1\n"
	if f, _, err := detectIn(held(text), seedfile.Options{}); err == nil {
		t.Error(f.Name)
	}
	f, _, err := detectIn(held(text), seedfile.Options{SkipRows: 2, Delimiter: '|'})
	if err != nil || f.Name != "hex-csv" {
		t.Error(f.Name, err)
	}
}

// Names that stand below a title are found, and the message says how to get there.
func TestTitled(t *testing.T) {
	head := "serial,secret key,type\n1001," + hex1 + ",totp\n"
	for text, want := range map[string]string{
		"Delivery 4711\n" + head:                         "pass over what stands above them with --skip-rows 1",
		"Order,4711\n\nTo,Example\n" + head:              "pass over what stands above them with --skip-rows 3",
		"Token delivery 2026-11\nOrder,PO-4711\n" + head: "pass over what stands above them with --skip-rows 2",
		"LIST MEMBERS ABCD\nVerwendungszweck,x\n" + head: "pass over what stands above them with --skip-rows 2",
		head:                              "",
		"1001," + hex1 + ",totp\n" + head: "",
		strings.Repeat("a,b\n", mostAbove+1) + head:    "",
		"Delivery 4711\nserial,type\n1001,totp\n":      "",
		"Delivery 4711\n" + "1001," + hex1 + ",totp\n": "",
	} {
		err := titled("x", seedfile.Sample{Data: []byte(text), Whole: true})
		if fault.AdviceOf(err).In(testkit.Flags) != want {
			t.Errorf("%q: %v (%s)", text, err, fault.AdviceOf(err).In(testkit.Flags))
		}
	}
}
