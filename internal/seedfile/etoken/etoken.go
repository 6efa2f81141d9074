// Package etoken reads the family etoken-xml: the XML that came with SafeNet's
// (before: Aladdin's) eToken PASS and with tokens in SafeWord's "Alpine" format,
//
//	<Tokens>
//	  <Token serial="00040008CFA5">
//	    <CaseModel>5</CaseModel><Model>101</Model>
//	    <ProductionDate>02/19/2009</ProductionDate><ProductName>eTPass 6.10</ProductName>
//	    <Applications>
//	      <Application ConnectorID="{…}"><Seed>HEX</Seed><MovingFactor>1</MovingFactor></Application>
//	    </Applications>
//	  </Token>
//	</Tokens>
//
// The MovingFactor is the counter. Type, digits and hash have no place in it: the
// tokens are HOTP with 6 digits and SHA-1, unless the product's name or the seed's
// length raises a doubt, which the operator settles.
package etoken

import (
	"io"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/xmlscan"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "etoken-xml"

const title = "eToken XML"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "XML of SafeNet (Aladdin) eToken PASS: HOTP tokens, the MovingFactor is the counter",
		Example: []string{
			`<Tokens>`,
			`  <Token serial="00040008CFA5">`,
			`    <CaseModel>5</CaseModel><Model>101</Model>`,
			`    <ProductionDate>02/19/2009</ProductionDate><ProductName>eTPass 6.10</ProductName>`,
			`    <Applications>`,
			`      <Application ConnectorID="{a61c4073-2fc8-4170-99d1-9f5b70a2cec6}">`,
			`        <Seed>3132333435363738393031323334353637383930</Seed><MovingFactor>1</MovingFactor>`,
			`      </Application>`,
			`    </Applications>`,
			`  </Token>`,
			`</Tokens>`,
		},
		Encoding: seedfile.Hex,
		Defaults: token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, T0: seedfile.Epoch2000},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldType).With(seedfile.FieldHash).
			With(seedfile.FieldDigits).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "HOTP; TOTP, as `--type` says", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the elements are those that importers of it read",
			Samples: []string{"etoken-xml/etpass.xml"},
		},
		Sniff: func(s seedfile.Sample) seedfile.Match { return xmlscan.Sniff(s, "Tokens", title) },
		Open: func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) {
			return &reader{scan: xmlscan.New(r, title)}, nil
		},
	}
}

// reader reads one file.
type reader struct {
	scan    *xmlscan.Scanner
	begun   bool
	records int
	latch   seedfile.Latch
}

// Next gives the next token.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	if !r.begun {
		r.begun = true
		if err := r.root(); err != nil {
			return seedfile.Record{}, err
		}
	}
	more, err := r.scan.Record("Tokens", "Token", &r.records)
	if err == nil && !more {
		err = r.scan.End()
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.token()
}

func (r *reader) root() error {
	name, err := r.scan.Root()
	if err != nil {
		return err
	}
	if name != "Tokens" {
		return r.scan.Refuse("the root element is <%s>; that of %s is <Tokens>", seedfile.Shown(name), title)
	}
	if strange := r.scan.Strange(); strange != "" {
		return r.scan.Refuse("<Tokens> has %s, which fob does not know: it may be of another version", strange)
	}
	return nil
}

// Notes are none: all that a file says is in its records.
func (r *reader) Notes() []fault.Text { return nil }

var _ seedfile.Reader = (*reader)(nil)
