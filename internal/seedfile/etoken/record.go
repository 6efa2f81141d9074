package etoken

import (
	"bytes"
	"strings"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// The elements of a Token, and of its Application.
var (
	ofToken       = []string{"CaseModel", "Model", "ProductionDate", "ProductName", "Applications"}
	ofApplication = []string{"Seed", "MovingFactor"}
)

// fields are what a Token says, as it is written.
type fields struct {
	model, product, date string
	seed, moving         []byte
	hasSeed, hasMoving   bool
	hasDate              bool
}

// token reads a Token that was just begun. Messages hold no text of the file.
func (r *reader) token() (seedfile.Record, error) {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "Token", N: r.records}}
	serial, given := r.scan.Attr("serial")
	rec.Serial = strings.TrimSpace(serial)
	if strange := r.scan.Strange("serial"); strange != "" {
		rec.Fail("the Token has %s, which fob does not know", strange)
	}
	switch {
	case !given:
		rec.Fail("the Token has no serial")
	case rec.Serial == "":
		rec.Fail("the serial is empty")
	}
	var f fields
	err := r.scan.Fields(ofToken, rec.Fail, func(name string) error {
		if name == "Applications" {
			return r.applications(&rec, &f)
		}
		b, err := r.scan.Text()
		switch name {
		case "Model":
			f.model = string(b)
		case "ProductName":
			f.product = string(b)
		case "ProductionDate":
			f.date, f.hasDate = string(b), true
		}
		return err
	})
	defer clear(f.seed)
	if err != nil {
		return seedfile.Record{}, err
	}
	f.fill(&rec)
	if rec.Problem != nil {
		rec.Secret.Text.Clear()
		rec.Secret = seedfile.Secret{}
	}
	return rec, nil
}

func (r *reader) applications(rec *seedfile.Record, f *fields) error {
	return r.scan.Fields([]string{"Application"}, rec.Fail, func(string) error {
		if strange := r.scan.Strange("ConnectorID"); strange != "" {
			rec.Fail("the Application has %s, which fob does not know", strange)
		}
		return r.scan.Fields(ofApplication, rec.Fail, func(name string) error {
			b, err := r.scan.Text()
			if name == "Seed" {
				f.seed, f.hasSeed = bytes.Clone(b), true
			} else {
				f.moving, f.hasMoving = bytes.Clone(b), true
			}
			return err
		})
	})
}

// fill makes of the fields what a record holds.
func (f *fields) fill(rec *seedfile.Record) {
	rec.Model = f.product
	if rec.Model == "" {
		rec.Model = f.model
	}
	if seedfile.LooksLikeSeed(rec.Model) {
		rec.Model = ""
		rec.Fail("the ProductName or Model looks like a seed")
	}
	f.readSeed(rec)
	f.readMoving(rec)
	f.readDate(rec)
	if timeBased(f.product) {
		rec.Question(seedfile.FieldType, "the ProductName says that the token goes by time, and eToken XML has no place for its step: "+
			"ask the supplier for the .dat file, or say --type (hotp if it goes by presses all the same)")
	}
}

func (f *fields) readSeed(rec *seedfile.Record) {
	if !f.hasSeed {
		rec.Fail("the Token has no Seed")
		return
	}
	seed, err := seedfile.DecodeText(f.seed, seedfile.Hex)
	if err != nil {
		rec.Fail("%v", err)
		return
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
}

// readMoving reads the counter; a Token without one leaves it open.
func (f *fields) readMoving(rec *seedfile.Record) {
	if !f.hasMoving {
		return
	}
	n, _, ok := table.Number(f.moving)
	if !ok {
		rec.Fail("the MovingFactor is not a number from 0 to 2^63-1")
		return
	}
	rec.Counter = n
	rec.Given = rec.Given.With(seedfile.FieldCounter)
}

func (f *fields) readDate(rec *seedfile.Record) {
	if !f.hasDate || f.date == "" {
		return
	}
	day, ok := seedfile.ParseMade("01/02/2006", f.date)
	if !ok {
		rec.Fail("the ProductionDate is no day such as 02/19/2009, the month first")
		return
	}
	rec.Manufactured = day
}

// timeBased tells by a product's name whether its tokens go by time: the maker
// calls them TS, those that go by presses ES.
func timeBased(product string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(product), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		if word == "ts" || word == string(token.TOTP) || strings.HasPrefix(word, "time") {
			return true
		}
	}
	return false
}
