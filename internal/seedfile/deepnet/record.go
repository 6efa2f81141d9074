package deepnet

import (
	"bytes"
	"fmt"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// maker is the code by which Deepnet names itself.
const maker = "DN"

// readHeader reads a header that was just begun. Whatever is wrong with it is
// wrong with every token.
func (r *reader) readHeader() error {
	h := &r.header
	h.met = true
	var wrong error
	err := r.scan.Fields([]string{"manufacturerCode", "productCode", "encode", "encrypt"},
		func(format string, args ...any) {
			if wrong == nil {
				wrong = r.scan.Refuse(format, args...)
			}
		},
		func(name string) error {
			b, err := r.scan.Text()
			to := map[string]*string{"manufacturerCode": &h.maker, "productCode": &h.product, "encode": &h.encode, "encrypt": &h.encrypt}[name]
			*to = string(b)
			return err
		})
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return wrong
	}
	return h.settle(r.scan.Refuse)
}

func (h *header) settle(refuse func(string, ...any) error) error {
	h.manufacturer, h.model = h.maker, h.product
	if h.maker == maker {
		h.manufacturer = "Deepnet Security"
	}
	switch {
	case seedfile.LooksLikeSeed(h.maker) || seedfile.LooksLikeSeed(h.product):
		return refuse("a code in the <header> looks like a seed")
	case h.encrypt != "" && !strings.EqualFold(h.encrypt, "NONE"):
		return fault.Errorf(fault.Refused, "the seeds are encrypted (%s, says the <header>), in a way that fob does not know", seedfile.Shown(h.encrypt)).
			WithHint("ask Deepnet for the file without it, protected by a password or OpenPGP as a whole")
	case h.encode == "":
		return nil
	}
	var err error
	if h.encoding, err = seedfile.ParseEncoding(h.encode); err != nil {
		return refuse("the <header> says that seeds are written in %s; HEX, BASE32 and BASE64 are known", seedfile.Shown(h.encode))
	}
	return nil
}

// token reads a token that was just begun. Messages hold no text of the file.
func (r *reader) token() (seedfile.Record, error) {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "token", N: r.records}, Manufacturer: r.header.manufacturer, Model: r.header.model}
	wrong := "" // what is, until the serial is known
	complain := func(format string, args ...any) {
		if wrong == "" {
			wrong = fmt.Sprintf(format, args...)
		}
	}
	if strange := r.scan.Strange(); strange != "" {
		complain("the token has %s, which fob does not know", strange)
	}
	var seed []byte
	err := r.scan.Fields([]string{"serial", "seed", "description"}, complain,
		func(name string) error {
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
	r.readSeed(&rec, seed)
	return rec, nil
}

// wide are the encodings that have all digits of hex.
var wide = map[seedfile.Encoding]bool{seedfile.Base32: true, seedfile.Base64: true}

func (r *reader) readSeed(rec *seedfile.Record, seed []byte) {
	rec.Secret.Encoding = r.header.encoding // which holds for all, damaged ones too
	switch {
	case rec.Serial == "":
		rec.Fail("the serial is missing")
	case len(seed) == 0:
		rec.Fail("the seed is missing")
	case wide[r.header.encoding] && seedfile.LooksLikeHex(seed):
		// Some of it may be of the wider encoding as well, and would make a seed that is wrong.
		rec.Fail("the seed looks like hex; the <header> says %s", r.header.encoding)
	}
	if rec.Problem != nil {
		clear(seed)
		return
	}
	rec.Secret.Text = token.NewSeed(seed)
}
