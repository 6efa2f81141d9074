// Package graphjson reads the family graph-json: hardware OATH tokens as the Graph
// API of Microsoft Entra takes them, one of them as an object, or several as
//
//	{"@context": "#$delta", "value": [
//	  {"@contentId": "1", "serialNumber": "2600412300001", "manufacturer": "Token2", "model": "c202",
//	   "secretKey": "BASE32", "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1"}
//	]}
//
// All are TOTP with 6 digits. Whom an assignTo names is not taken over: it holds
// the object id of the directory, which is no account.
package graphjson

import (
	"bytes"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "graph-json"

// Format declares the family. Without a hashFunction it is hmacsha1.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "JSON of Entra's Graph API: TOTP with 6 digits, one object or a list",
		Example: []string{
			`{"@context": "#$delta", "value": [`,
			`  {"@contentId": "1", "serialNumber": "2600412300001", "manufacturer": "Token2", "model": "c202",`,
			`   "secretKey": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",`,
			`   "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1"}`,
			`]}`,
		},
		Encoding:  seedfile.Base32,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "oathtool, for the codes",
			Samples: []string{"graph-json/delta.json"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) {
			return &reader{in: newScanner(r)}, nil
		},
	}
}

// sniff looks for the names of a device, or of a list of them, in whatever case.
func sniff(s seedfile.Sample) seedfile.Match {
	in := newScanner(bytes.NewReader(s.Data))
	if in.begin('{') != nil {
		return seedfile.Match{}
	}
	return sniffObject(in, "a JSON object with the name ")
}

// sniffObject looks at the names of an object, and into the list that it may hold.
func sniffObject(in *scanner, kind string) seedfile.Match {
	for {
		key, more, err := in.key()
		switch {
		case err != nil || !more:
			return seedfile.Match{}
		case deviceKey(key):
			return seedfile.Match{Fits: true, Why: kind + meant(key)}
		case strings.EqualFold(key, contextKey):
			return seedfile.Match{Fits: true, Why: kind + contextKey}
		case strings.EqualFold(key, "value"):
			if in.begin('[') != nil {
				return seedfile.Match{}
			}
			if more, err := in.entry(); err != nil || !more {
				return seedfile.Match{}
			}
			kind = "a JSON list of objects with the name "
			continue
		}
		if _, err := in.value(); err != nil {
			return seedfile.Match{}
		}
	}
}

// reader reads one file.
type reader struct {
	in      *scanner
	begun   bool
	context bool // a list is announced
	done    bool // the only device was read
	records int
	tally   tally
	latch   seedfile.Latch
}

// Next gives the next device.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	if !r.begun {
		r.begun = true
		if err := r.in.begin('{'); err != nil {
			return seedfile.Record{}, err
		}
		d, err := r.root()
		switch {
		case err != nil:
			return seedfile.Record{}, err
		case d != nil:
			r.done = true
			return r.record(d), nil
		}
	}
	if r.done {
		return seedfile.Record{}, r.in.end()
	}
	more, err := r.in.entry()
	if err == nil && !more {
		err = r.behindList()
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	d := newDevice()
	for {
		key, more, err := r.in.key()
		if err == nil && !more {
			return r.record(d), nil
		}
		if err == nil {
			err = r.read(d, key)
		}
		if err != nil {
			d.clear()
			return seedfile.Record{}, err
		}
	}
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text {
	return append(seedfile.Notes(r.in.chars.Notes()...), r.tally.notes()...)
}

var _ seedfile.Reader = (*reader)(nil)

// tally counts what the operator should know of.
type tally struct{ assigned, ignored int }

func (t *tally) notes() []fault.Text {
	return seedfile.CountedNotes(
		seedfile.Counted{N: t.assigned, Text: "assignTo names people by object ids, which are no accounts: whom %d devices go to was not taken over"},
		seedfile.Counted{N: t.ignored, Text: "names about the state in Entra (id, status, assignedTo and the like) were ignored: in %d devices"},
	)
}
