// Package deepnet reads the family deepnet: the XML that Deepnet delivers for
// DualShield (version 5),
//
//	<data>
//	  <header>
//	    <manufacturerCode>DN</manufacturerCode><productCode>ST</productCode>
//	    <encode>HEX</encode><encrypt>NONE</encrypt>
//	  </header>
//	  <tokens>
//	    <token><serial>10000001</serial><seed>HEX</seed></token>
//	  </tokens>
//	</data>
//
// The header says how the seeds are written. What the tokens are it does not say:
// type, digits and period are the operator's.
package deepnet

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/xmlscan"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "deepnet"

const title = "Deepnet XML"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "XML of Deepnet for DualShield: serial and seed; what the tokens are the operator says",
		Example: []string{
			`<data>`,
			`  <header>`,
			`    <manufacturerCode>DN</manufacturerCode><productCode>ST</productCode>`,
			`    <encode>HEX</encode><encrypt>NONE</encrypt>`,
			`  </header>`,
			`  <tokens>`,
			`    <token><serial>10000001</serial><seed>3132333435363738393031323334353637383930</seed></token>`,
			`  </tokens>`,
			`</data>`,
		},
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP or HOTP, as the operator says", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the elements are those that Deepnet documents",
			Samples: []string{"deepnet/hex.xml"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) {
			return &reader{scan: xmlscan.New(r, title)}, nil
		},
	}
}

// sniff wants the root, which is nothing special, and in it what Deepnet has.
func sniff(s seedfile.Sample) seedfile.Match {
	text, _ := rows.UTF8(bytes.NewReader(s.Data))
	scan := xmlscan.New(text, title)
	_, err := scan.Next() // Sniff looks at the root
	child := ""
	if err == nil {
		child, _, err = scan.Child()
	}
	if err != nil || child != "header" && child != "tokens" {
		return seedfile.Match{}
	}
	m := xmlscan.Sniff(s, "data", title)
	if m.Fits {
		m.Why = "the root element is <data>, with <" + child + "> in it"
	}
	return m
}

// reader reads one file.
type reader struct {
	scan                *xmlscan.Scanner
	encoding            seedfile.Encoding // of the seeds, and who made the tokens: from the header
	manufacturer, model string
	begun               bool // inside <tokens>
	records             int
	latch               seedfile.Latch
}

// Next returns the next token.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			return seedfile.Record{}, err
		}
	}
	more, err := r.scan.Record("tokens", "token", &r.records)
	if err == nil && !more {
		err = r.end()
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.token()
}

// begin reads up to what is inside <tokens>.
func (r *reader) begin() error {
	if err := r.scan.Root("data"); err != nil {
		return err
	}
	for header := false; ; header = true {
		name, more, err := r.scan.Child()
		switch {
		case err != nil:
			return err
		case !more:
			return r.scan.Refuse("<data> holds no <tokens>")
		case name == "tokens":
			return r.scan.NoAttrs()
		case name != "header" || header:
			return r.scan.Refuse("<data> holds an element <%s>; a <header> and <tokens> are known, each once", seedfile.Shown(name))
		}
		if err := r.header(); err != nil {
			return err
		}
	}
}

// end makes sure that nothing follows the tokens.
func (r *reader) end() error {
	name, more, err := r.scan.Child()
	switch {
	case err != nil:
		return err
	case more:
		return r.scan.Refuse("<data> holds an element <%s> behind its <tokens>", seedfile.Shown(name))
	}
	_, err = r.scan.Next() // io.EOF: nothing follows
	return err
}

// header reads a header that was just begun. Whatever is wrong with it is wrong
// with every token.
func (r *reader) header() error {
	if err := r.scan.NoAttrs(); err != nil {
		return err
	}
	var wrong error
	says := map[string]string{}
	err := r.scan.Fields([]string{"manufacturerCode", "productCode", "encode", "encrypt"},
		func(format string, args ...any) {
			if wrong == nil {
				wrong = r.scan.Refuse(format, args...)
			}
		},
		func(name string) error {
			b, err := r.scan.Text()
			says[name] = string(b)
			return err
		})
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return wrong
	}
	r.manufacturer, r.model = says["manufacturerCode"], says["productCode"]
	encrypt, encode := says["encrypt"], says["encode"]
	switch {
	case seedfile.LooksLikeSeed(r.manufacturer) || seedfile.LooksLikeSeed(r.model):
		return r.scan.Refuse("a code in the <header> looks like a seed")
	case encrypt != "" && !strings.EqualFold(encrypt, "NONE"):
		return fault.Errorf(fault.Refused, "the seeds are encrypted (%s, says the <header>), in a way that fob does not know", seedfile.Shown(encrypt)).
			WithHint("ask Deepnet for the file without it, protected by a password or OpenPGP as a whole")
	}
	if r.manufacturer == "DN" {
		r.manufacturer = "Deepnet Security"
	}
	if encode == "" {
		return nil
	}
	if r.encoding, err = seedfile.ParseEncoding(encode); err != nil {
		return r.scan.Refuse("the <header> says that seeds are written in %s; HEX, BASE32 and BASE64 are known", seedfile.Shown(encode))
	}
	return nil
}

// token reads a token that was just begun. Messages hold no text of the file.
func (r *reader) token() (seedfile.Record, error) {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "token", N: r.records}, Manufacturer: r.manufacturer, Model: r.model}
	wrong := "" // what is, until the serial is known
	complain := func(format string, args ...any) {
		if wrong == "" {
			wrong = fmt.Sprintf(format, args...)
		}
	}
	if unknown := r.scan.UnknownAttr(); unknown != "" {
		complain("the token has %s, which fob does not know", unknown)
	}
	var seed []byte
	err := r.scan.Fields([]string{"serial", "seed", "description"}, complain, func(name string) error {
		b, err := r.scan.Text()
		switch name {
		case "serial":
			rec.Serial = string(b)
		case "seed":
			seed = bytes.Clone(b)
		}
		return err
	})
	if err != nil {
		clear(seed)
		return seedfile.Record{}, err
	}
	if wrong != "" {
		rec.Fail("%s", wrong)
	}
	rec.Secret.Encoding = r.encoding // which holds for all, damaged ones too
	switch {
	case rec.Serial == "":
		rec.Fail("the serial is missing")
	case len(seed) == 0:
		rec.Fail("the seed is missing")
	case (r.encoding == seedfile.Base32 || r.encoding == seedfile.Base64) && seedfile.LooksLikeHex(seed):
		// Some of it may be of the wider encoding as well, and would make a seed that is wrong.
		rec.Fail("the seed looks like hex; the <header> says %s", r.encoding)
	}
	if rec.Problem != nil {
		clear(seed)
		return rec, nil
	}
	rec.Secret.Text = token.NewSeed(seed)
	return rec, nil
}

// Notes are none: all that a file says is in its records.
func (r *reader) Notes() []fault.Text { return nil }
