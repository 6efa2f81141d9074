package pskc

import (
	"bytes"
	"io"

	"fob/internal/pskc"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "pskc"

// Format declares the family. Without a Suite the hash is SHA-1, that of RFC
// 4226; a HOTP key without a Counter starts at 0 and a TOTP key without a
// TimeInterval has 30 s, both with a warning. The length of a code has no
// default: RFC 6030 section 10.1 demands it.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "PSKC (RFC 6030), an XML container, with its values in plain text",
		Example: []string{
			`<KeyContainer Version="1.0" xmlns="` + pskc.Namespace + `">`,
			`  <KeyPackage>`,
			`    <DeviceInfo><Manufacturer>oath.TEST</Manufacturer><SerialNo>2600412300001</SerialNo></DeviceInfo>`,
			`    <Key Id="1" Algorithm="` + pskc.AlgorithmHOTP + `">`,
			`      <AlgorithmParameters><ResponseFormat Encoding="DECIMAL" Length="6"/></AlgorithmParameters>`,
			`      <Data>`,
			`        <Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>`,
			`        <Counter><PlainValue>0</PlainValue></Counter>`,
			`      </Data>`,
			`    </Key>`,
			`  </KeyPackage>`,
			`</KeyContainer>`,
		},
		Encoding: seedfile.Base64,
		Defaults: token.Params{Hash: token.SHA1, Period: 30},
		Counter:  0,
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldPeriod).
			With(seedfile.FieldCounter).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "pskctool (OATH Toolkit)",
			Samples: []string{"pskc/totp60-policy-dates.xml", "pskc/default-namespace-bom.xml", "pskc/character-references.xml"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
			return &reader{in: pskc.NewDecoder(r), options: o}, nil
		},
	}
}

// sniff looks at the root element.
func sniff(s seedfile.Sample) seedfile.Match {
	text, chars := rows.UTF8(bytes.NewReader(s.Data))
	root, ok := pskc.Root(text)
	if !ok || !pskc.IsContainer(root) {
		return seedfile.Match{}
	}
	if why := pskc.CheckRoot(root); why != "" {
		return seedfile.Match{Why: why}
	}
	if chars.Name != "UTF-8" {
		return seedfile.Match{Why: "the file is written in " + chars.Name + "; fob reads PSKC in UTF-8"}
	}
	return seedfile.Match{Fits: true, Why: "the root element is KeyContainer in the namespace of RFC 6030"}
}
