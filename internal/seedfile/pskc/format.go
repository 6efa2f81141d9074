// Package pskc reads the family pskc: RFC 6030 containers. What the container says
// is read by package fob/internal/pskc; here it is decided what of it is a token,
// and every restriction that fob cannot keep refuses its record by name.
package pskc

import (
	"bytes"
	"io"

	"fob/internal/fault"
	"fob/internal/pskc"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/xmlstream"
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
		Title: "PSKC (RFC 6030), an XML container: plain, encrypted or signed",
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
		Reads: fault.Textf(`encrypted: AES-128, 192, 256 and 3DES in CBC with a MAC, AES in GCM, AES key wrap;
  key: pre-shared (%s: raw, hex, base64), made of a passphrase
  (%s, PBKDF2), RSA 1.5 and OAEP (%[1]s: PEM or DER,
  with %[2]s for one behind a passphrase)
MACs of HMAC-SHA1 to SHA512, verified before anything is decrypted;
  CBC without a MAC only with %[3]s
signed: the whole container, 32 MiB at most, by the certificate of %[4]s
with %[5]s: drafts before RFC 6030, ActivIdentity, YubiKey logs that were not
  closed, vendors' own elements (skipped), SHA-1 signatures; the summary names what
  could not be verified
several keys of one device: %[6]s
refused by name: Camellia, 3DES key wrap, AES key wrap with padding, PBES2,
  OCRA, Yubico OTP, keys without a Secret, policies that fob cannot keep`,
			fault.KeyFile, fault.PassphraseFile, fault.Unauthenticated, fault.SignedBy, fault.Compat, fault.KeySuffix),
		Encoding: seedfile.Base64,
		Defaults: token.Params{Hash: token.SHA1, Period: 30},
		Counter:  0,
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldPeriod).
			With(seedfile.FieldCounter).With(seedfile.FieldT0),
		Signs: true,
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: "AES (CBC, GCM, key wrap) and 3DES; by key, passphrase or RSA; MACs, signatures",
			Checked: "pskctool (OATH Toolkit)",
			Samples: []string{"pskc/totp60-policy-dates.xml", "pskc/default-namespace-bom.xml", "pskc/character-references.xml"},
		},
		Sniff: sniff,
		Open:  open,
	}
}

// open begins to read. A container that must be signed is read whole, and only
// what the signature is over is looked at.
func open(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
	out := &reader{options: o}
	if o.Keys != nil && o.Keys.Certificate() != nil && !o.Blind {
		signed, err := out.verify(r, o.Keys.Certificate())
		if err != nil {
			return nil, seedfile.ReadError(err)
		}
		r = bytes.NewReader(signed)
	}
	decoding := pskc.Options{Compat: o.Compat, Unauthenticated: o.Unauthenticated, Blind: o.Blind}
	if o.Keys != nil { // not an interface that holds nothing
		decoding.Keys = o.Keys
	}
	out.in = pskc.NewDecoder(r, decoding)
	return out, nil
}

// sniff looks at the root element.
func sniff(s seedfile.Sample) seedfile.Match {
	text, chars := rows.UTF8(bytes.NewReader(s.Data))
	root, ok := xmlstream.Root(text)
	if !ok || !pskc.IsContainer(root) {
		return seedfile.Match{}
	}
	if why := pskc.CheckRoot(root); why != "" {
		return seedfile.Match{Why: why}
	}
	if chars.Name != "UTF-8" {
		return seedfile.Match{Why: "the file is written in " + chars.Name + "; fob reads PSKC in UTF-8: convert a copy, and have its first line say so"}
	}
	if pskc.IsDraft(root) {
		return seedfile.Match{Fits: true, Why: "the root element is " + root.Local + " in a namespace from before RFC 6030"}
	}
	return seedfile.Match{Fits: true, Why: "the root element is KeyContainer in the namespace of RFC 6030"}
}
