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
	"io"

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
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP or HOTP, as `--type` says", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
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
	m := xmlscan.Sniff(s, "data", title)
	text, _ := rows.UTF8(bytes.NewReader(s.Data))
	scan := xmlscan.New(text, title)
	_, err := scan.Root()
	child := ""
	if err == nil {
		child, _, err = scan.Child()
	}
	switch {
	case m.Fits && (err != nil || child != "header" && child != "tokens"):
		return seedfile.Match{}
	case m.Fits:
		m.Why = "the root element is <data>, with <" + child + "> in it"
	case child != "header" && child != "tokens":
		return seedfile.Match{}
	}
	return m
}

// reader reads one file.
type reader struct {
	scan    *xmlscan.Scanner
	header  header
	begun   bool // inside <tokens>
	records int
	latch   seedfile.Latch
}

// header is what stands before the tokens.
type header struct {
	met                 bool
	maker, product      string
	encode, encrypt     string
	encoding            seedfile.Encoding
	manufacturer, model string // as records have them
}

// Next gives the next token.
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
	name, err := r.scan.Root()
	if err != nil {
		return err
	}
	if name != "data" {
		return r.scan.Refuse("the root element is <%s>; that of %s is <data>", seedfile.Shown(name), title)
	}
	for {
		if strange := r.scan.Strange(); strange != "" {
			return r.scan.Refuse("<%s> has %s, which fob does not know: it may be of another version", seedfile.Shown(name), strange)
		}
		var more bool
		name, more, err = r.scan.Child()
		switch {
		case err != nil:
			return err
		case !more:
			return r.scan.Refuse("<data> holds no <tokens>")
		case name == "tokens":
			return nil
		case name != "header" || r.header.met:
			return r.scan.Refuse("<data> holds an element <%s>; a <header> and <tokens> are known, each once", seedfile.Shown(name))
		}
		if err := r.readHeader(); err != nil {
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
	return r.scan.End()
}

// Notes are none: all that a file says is in its records.
func (r *reader) Notes() []fault.Text { return nil }

var _ seedfile.Reader = (*reader)(nil)
