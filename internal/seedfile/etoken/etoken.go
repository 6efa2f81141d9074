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
	"cmp"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
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
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, T0: seedfile.Epoch2000},
		Defaulted: seedfile.SetOf(seedfile.FieldType, seedfile.FieldHash, seedfile.FieldDigits, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "HOTP; TOTP, as the operator says", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
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

// Next returns the next token.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	if !r.begun {
		r.begun = true
		if err := r.scan.Root("Tokens"); err != nil {
			return seedfile.Record{}, err
		}
	}
	more, err := r.scan.Record("Tokens", "Token", &r.records)
	if err == nil && !more {
		_, err = r.scan.Next() // io.EOF: nothing follows
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.token()
}

// Notes are none: all that a file says is in its records.
func (r *reader) Notes() []fault.Text { return nil }

// The elements of a Token, and of its Application.
var (
	ofToken       = []string{"CaseModel", "Model", "ProductionDate", "ProductName", "Applications"}
	ofApplication = []string{"Seed", "MovingFactor"}
)

// token reads a Token that was just begun. Messages hold no text of the file.
func (r *reader) token() (seedfile.Record, error) {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "Token", N: r.records}, Serial: strings.TrimSpace(r.scan.Attr("serial"))}
	if unknown := r.scan.UnknownAttr("serial"); unknown != "" {
		rec.Fail("the Token has %s, which fob does not know", unknown)
	}
	if rec.Serial == "" {
		rec.Fail("the Token has no serial")
	}
	says := map[string][]byte{}
	keep := func(name string) error {
		b, err := r.scan.Text()
		says[name] = append([]byte{}, b...)
		return err
	}
	err := r.scan.Fields(ofToken, rec.Fail, func(name string) error {
		if name != "Applications" {
			return keep(name)
		}
		return r.scan.Fields([]string{"Application"}, rec.Fail, func(string) error {
			if unknown := r.scan.UnknownAttr("ConnectorID"); unknown != "" {
				rec.Fail("the Application has %s, which fob does not know", unknown)
			}
			return r.scan.Fields(ofApplication, rec.Fail, keep)
		})
	})
	defer clear(says["Seed"])
	if err != nil {
		return seedfile.Record{}, err
	}
	fill(&rec, says)
	rec.Refused()
	return rec, nil
}

// fill makes of what the elements say what a record holds. A Token without a
// MovingFactor leaves the counter open.
func fill(rec *seedfile.Record, says map[string][]byte) {
	product := string(says["ProductName"])
	rec.Model = cmp.Or(product, string(says["Model"]))
	if seedfile.LooksLikeSeed(rec.Model) {
		rec.Model = ""
		rec.Fail("the ProductName or Model looks like a seed")
	}
	if text, has := says["Seed"]; has {
		rec.ReadSeed(text, seedfile.Hex, "")
	} else {
		rec.Fail("the Token has no Seed")
	}
	if moving, has := says["MovingFactor"]; has {
		if n, _, ok := table.Number(moving); ok {
			rec.Counter, rec.Given = n, rec.Given.With(seedfile.FieldCounter)
		} else {
			rec.Fail("the MovingFactor is not a number from 0 to 2^63-1")
		}
	}
	if date := says["ProductionDate"]; len(date) > 0 {
		day, ok := seedfile.ParseMade("01/02/2006", string(date))
		if !ok {
			rec.Fail("the ProductionDate is no day such as 02/19/2009, the month first")
		}
		rec.Manufactured = day
	}
	if timeBased(product) {
		rec.Question(seedfile.FieldType, "the ProductName says that the token goes by time, and eToken XML has no place for its step: "+
			"ask the supplier for the .dat file, or say %s (hotp if it goes by presses all the same)", fault.Type)
	}
}

// timeBased reports whether a product's tokens go by time: the maker calls them
// TS, those that go by presses ES.
func timeBased(product string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(product), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		if word == "ts" || word == string(token.TOTP) || strings.HasPrefix(word, "time") {
			return true
		}
	}
	return false
}
