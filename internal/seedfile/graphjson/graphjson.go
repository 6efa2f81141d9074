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
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

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
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
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

// The names of a device that matter, those that say nothing about its codes, and
// the names that stand round a list.
var (
	deviceKeys = []string{"serialNumber", "manufacturer", "model", "secretKey", "timeIntervalInSeconds", "hashFunction", assignTo}
	idleKeys   = []string{"@contentId", "@odata.type", "id", "displayName", "status", "assignedTo", "lastUsedDateTime"}
	roundKeys  = []string{contextKey, nextLink, "@odata.context", "@odata.count"}
)

const (
	contextKey = "@context"
	assignTo   = "assignTo"
	nextLink   = "@odata.nextLink"
)

// meant is the name of a device that one in whatever case stands for; empty: none.
func meant(key string) string {
	for _, k := range deviceKeys {
		if strings.EqualFold(k, key) {
			return k
		}
	}
	return ""
}

// sniff looks for the names of a device, or of a list of them, in whatever case.
func sniff(s seedfile.Sample) seedfile.Match {
	in := newScanner(bytes.NewReader(s.Data))
	kind := "a JSON object with the name "
	switch open, err := in.opening(); {
	case err != nil:
		return seedfile.Match{}
	case open == '[':
		if more, err := in.entry(); err != nil || !more {
			return seedfile.Match{}
		}
		kind = "a JSON list of objects with the name "
	}
	for {
		key, more, err := in.key()
		switch {
		case err != nil || !more:
			return seedfile.Match{}
		case meant(key) != "":
			return seedfile.Match{Fits: true, Why: kind + meant(key)}
		case strings.EqualFold(key, contextKey):
			return seedfile.Match{Fits: true, Why: kind + contextKey}
		case strings.EqualFold(key, "value"):
			if in.begin('[') != nil {
				return seedfile.Match{}
			}
			more, err = in.entry()
			kind = "a JSON list of objects with the name "
		default:
			_, err = in.value()
		}
		if err != nil || !more {
			return seedfile.Match{}
		}
	}
}

// reader reads one file.
type reader struct {
	in      *scanner
	begun   bool
	context bool // a list is announced
	bare    bool // the list has nothing round it
	done    bool // the only device was read
	records int
	latch   seedfile.Latch

	assigned, ignored int // devices of which something was not taken over
}

// Next returns the next device.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (rec seedfile.Record, err error) {
	d := &device{values: map[string]json.RawMessage{}}
	defer d.clear()
	begun := r.begun
	r.begun = true
	switch {
	case r.done:
		return rec, r.in.end()
	case !begun:
		if r.done, err = r.root(d); err != nil || r.done {
			return r.record(d), err
		}
	}
	more, err := r.in.entry()
	if err == nil && !more {
		err = r.behindList()
	}
	for err == nil {
		key, more, bad := r.in.key()
		if err = bad; err == nil && !more {
			return r.record(d), nil
		}
		if err == nil {
			err = r.read(d, key)
		}
	}
	return rec, err
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text {
	return append(seedfile.Notes(r.in.chars.Notes()...), seedfile.CountedNotes(
		seedfile.Counted{N: r.assigned, Text: "assignTo names people by object ids, which are no accounts: whom %d devices go to was not taken over"},
		seedfile.Counted{N: r.ignored, Text: "names about the state in Entra (id, status, assignedTo and the like) were ignored: in %d devices"},
	)...)
}

// root reads the names of the root up to a list, or to its end: then it is a device
// itself.
func (r *reader) root(d *device) (alone bool, err error) {
	open, err := r.in.opening()
	if r.bare = open == '['; r.bare {
		return false, err
	}
	for err == nil {
		key, more, bad := r.in.key()
		switch err = bad; {
		case err != nil:
		case !more && r.context:
			return false, r.in.refuse("there is a %s and no list (value)", contextKey)
		case !more:
			return true, nil
		case key == "value" && !d.met:
			return false, r.in.begin('[')
		case !d.met && slices.Contains(roundKeys, key):
			err = r.round(key)
		case key == contextKey || r.context:
			err = r.in.refuse("names of a device beside those of a list: which of them counts?")
		default:
			err = r.read(d, key)
		}
	}
	return false, err
}

// round reads a name that stands round the list.
func (r *reader) round(key string) error {
	raw, err := r.in.value()
	switch {
	case err != nil:
		return err
	case key == nextLink:
		return r.in.refuse("the list goes on elsewhere (%s): fetch all of it", nextLink)
	case key == "value" || key == contextKey && r.context:
		return r.in.refuse("%s stands twice", key)
	case !slices.Contains(roundKeys, key):
		return r.in.refuse("the name %s beside the list is not known, and may change what it means", seedfile.Shown(key))
	case key == contextKey:
		r.context = true
		if text, ok := textOf(raw); !ok || text != "#$delta" {
			return r.in.refuse("the %s is not #$delta, the only one that fob knows", contextKey)
		}
	}
	return nil
}

// behindList reads what follows the list; its error is io.EOF.
func (r *reader) behindList() error {
	if r.bare {
		if r.records == 0 {
			return r.in.refuse("the list is empty")
		}
		return r.in.end()
	}
	for {
		key, more, err := r.in.key()
		switch {
		case err != nil:
			return err
		case !more && r.records == 0:
			return r.in.refuse("the list is empty")
		case !more:
			return r.in.end()
		}
		if err := r.round(key); err != nil {
			return err
		}
	}
}

// device is what the names of one device say, as it is written.
type device struct {
	values map[string]json.RawMessage // of deviceKeys; null counts as nothing
	met    bool                       // it has a name, whatever it is
	seen   []string                   // known names
	idle   bool
	wrong  string // the first thing that is
}

func (d *device) clear() {
	for _, raw := range d.values {
		clear(raw)
	}
}

// read reads the value of one name.
func (r *reader) read(d *device, key string) error {
	raw, err := r.in.value()
	if err != nil {
		return err
	}
	d.met = true
	wrong := ""
	matters := slices.Contains(deviceKeys, key)
	switch known := matters || slices.Contains(idleKeys, key); {
	case !known && meant(key) != "":
		wrong = "the name " + key + " ought to be written " + meant(key)
	case !known:
		wrong = "the name " + seedfile.Shown(key) + " is not known, and may change what the codes are"
	case slices.Contains(d.seen, key):
		wrong = "the name " + key + " stands twice in the device"
	case matters && string(raw) != "null":
		d.values[key] = raw
	case !matters:
		d.idle = d.idle || !strings.HasPrefix(key, "@") && key != "displayName"
	}
	if wrong == "" {
		d.seen = append(d.seen, key)
		return nil
	}
	clear(raw)
	if d.wrong == "" {
		d.wrong = wrong
	}
	return nil
}

// record makes a record of a device. Messages hold no text of the file.
func (r *reader) record(d *device) seedfile.Record {
	r.records++
	rec := seedfile.Record{
		Place:  seedfile.Place{Unit: "device", N: r.records},
		Params: token.Params{Type: token.TOTP, Digits: 6},
		Given:  seedfile.SetOf(seedfile.FieldType, seedfile.FieldDigits),
	}
	d.text(&rec, "serialNumber", &rec.Serial)
	if d.wrong != "" {
		rec.Fail("%s", d.wrong)
	}
	if rec.Serial == "" {
		rec.Fail("the device has no serialNumber")
	}
	d.text(&rec, "manufacturer", &rec.Manufacturer)
	d.text(&rec, "model", &rec.Model)
	if seedfile.LooksLikeSeed(rec.Manufacturer) || seedfile.LooksLikeSeed(rec.Model) {
		rec.Manufacturer, rec.Model = "", ""
		rec.Fail("the manufacturer or model looks like a seed")
	}
	d.readSecret(&rec)
	d.readClock(&rec)
	if rec.Refused() {
		return rec
	}
	if d.values[assignTo] != nil {
		r.assigned++
	}
	if d.idle {
		r.ignored++
	}
	return rec
}

// text reads a value that ought to be text.
func (d *device) text(rec *seedfile.Record, key string, to *string) {
	raw, given := d.values[key]
	if !given {
		return
	}
	text, ok := textOf(raw)
	if !ok {
		rec.Fail("the %s is not a text, in quotes and in UTF-8", key)
		return
	}
	*to = strings.TrimSpace(text)
}

// textOf reads a JSON text; not ok: it is no text, or not all of it is UTF-8.
func textOf(raw json.RawMessage) (string, bool) {
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return text, true
}

// maxSecret bounds a secretKey in characters, as Entra does.
const maxSecret = 128

// readSecret reads a secretKey as it is written: base32 needs no escapes.
func (d *device) readSecret(rec *seedfile.Record) {
	raw, given := d.values["secretKey"]
	bare := bytes.Trim(raw, `"`)
	switch n := utf8.RuneCount(bare); {
	case !given:
		rec.Fail("the device has no secretKey: Graph never gives it back, so this may be a list of what is there, and no delivery")
	case raw[0] != '"':
		rec.Fail("the secretKey is not a text")
	case n > maxSecret:
		rec.Fail("the secretKey has %d characters; %d are the most", n, maxSecret)
	default:
		rec.ReadSeed(bare, seedfile.Base32, "the secretKey looks like hex; in "+Name+" it is base32")
	}
}

// readClock reads the two intervals that there are, as a number or as a text, and
// the hash.
func (d *device) readClock(rec *seedfile.Record) {
	if raw, given := d.values["timeIntervalInSeconds"]; given {
		seconds, known := map[string]int{"30": 30, "60": 60}[strings.Trim(string(raw), `"`)]
		if known {
			rec.Params.Period, rec.Given = seconds, rec.Given.With(seedfile.FieldPeriod)
		} else {
			rec.Fail("the timeIntervalInSeconds is neither 30 nor 60")
		}
	}
	if raw, given := d.values["hashFunction"]; given {
		text, _ := textOf(raw)
		hash, known := map[string]token.Hash{"hmacsha1": token.SHA1, "hmacsha256": token.SHA256}[strings.ToLower(text)]
		if known {
			rec.Params.Hash, rec.Given = hash, rec.Given.With(seedfile.FieldHash)
		} else {
			rec.Fail("the hashFunction is %s; hmacsha1 and hmacsha256 are known", seedfile.Shown(text))
		}
	}
}
