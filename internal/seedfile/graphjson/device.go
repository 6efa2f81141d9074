package graphjson

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// The names of a device that matter, those that say nothing about its codes, and
// the names that stand round a list.
var (
	deviceKeys = []string{"serialNumber", "manufacturer", "model", "secretKey", "timeIntervalInSeconds", "hashFunction", assignTo}
	idleKeys   = []string{"@contentId", "@odata.type", "id", "displayName", "status", "assignedTo", "lastUsedDateTime"}
	idleRound  = []string{"@odata.context", "@odata.count"}
)

const (
	contextKey = "@context"
	assignTo   = "assignTo"
	nextLink   = "@odata.nextLink"
)

// deviceKey reports whether a name is one of a device, in whatever case.
func deviceKey(key string) bool { return slices.ContainsFunc(deviceKeys, fold(key)) }

func fold(key string) func(string) bool {
	return func(k string) bool { return strings.EqualFold(k, key) }
}

// meant is the name that one in another case stands for.
func meant(key string) string { return deviceKeys[slices.IndexFunc(deviceKeys, fold(key))] }

// root reads the names of the root up to a list, or to its end: then it is a
// device itself.
func (r *reader) root() (*device, error) {
	d := newDevice()
	for {
		key, more, err := r.in.key()
		switch {
		case err != nil:
			d.clear()
			return nil, err
		case !more && r.context:
			return nil, r.in.refuse("there is a %s and no list (value)", contextKey)
		case !more:
			return d, nil
		case key == "value" && !d.met:
			return nil, r.in.begin('[')
		case !d.met && (key == contextKey || key == nextLink || slices.Contains(idleRound, key)):
			err = r.round(key)
		case key == contextKey || r.context:
			err = r.in.refuse("names of a device beside those of a list: which of them counts?")
		default:
			err = r.read(d, key)
		}
		if err != nil {
			d.clear()
			return nil, err
		}
	}
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
	case key == contextKey:
		r.context = true
		if text, ok := textOf(raw); !ok || text != "#$delta" {
			return r.in.refuse("the %s is not #$delta, the only one that fob knows", contextKey)
		}
	case !slices.Contains(idleRound, key):
		return r.in.refuse("the name %s beside the list is not known, and may change what it means", seedfile.Shown(key))
	}
	return nil
}

// behindList reads what follows the list; its error is io.EOF.
func (r *reader) behindList() error {
	for {
		key, more, err := r.in.key()
		if err == nil && more {
			err = r.round(key)
		}
		switch {
		case err != nil:
			return err
		case !more && r.records == 0:
			return r.in.refuse("the list is empty")
		case !more:
			return r.in.end()
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

func newDevice() *device { return &device{values: map[string]json.RawMessage{}} }

func (d *device) clear() {
	for _, raw := range d.values {
		clear(raw)
	}
}

func (d *device) complain(why string) {
	if d.wrong == "" {
		d.wrong = why
	}
}

// read reads the value of one name.
func (r *reader) read(d *device, key string) error {
	raw, err := r.in.value()
	if err != nil {
		return err
	}
	d.met = true
	matters := slices.Contains(deviceKeys, key)
	switch {
	case !matters && !slices.Contains(idleKeys, key):
		clear(raw)
		why := "the name " + seedfile.Shown(key) + " is not known, and may change what the codes are"
		if deviceKey(key) {
			why = "the name " + key + " ought to be written " + meant(key)
		}
		d.complain(why)
		return nil
	case slices.Contains(d.seen, key):
		clear(raw)
		d.complain("the name " + key + " stands twice in the device")
		return nil
	}
	d.seen = append(d.seen, key)
	switch {
	case !matters:
		d.idle = d.idle || !strings.HasPrefix(key, "@") && key != "displayName"
	case string(raw) != "null":
		d.values[key] = raw
	}
	return nil
}

// record makes a record of a device. Messages hold no text of the file.
func (r *reader) record(d *device) seedfile.Record {
	defer d.clear()
	r.records++
	rec := seedfile.Record{Place: seedfile.Place{Unit: "device", N: r.records}}
	d.text(&rec, "serialNumber", &rec.Serial)
	rec.Params = token.Params{Type: token.TOTP, Digits: 6}
	rec.Given = rec.Given.With(seedfile.FieldType).With(seedfile.FieldDigits)
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
	d.readInterval(&rec)
	d.readHash(&rec)
	if rec.Problem != nil {
		rec.Secret.Text.Clear()
		rec.Secret = seedfile.Secret{}
		return rec
	}
	if d.values[assignTo] != nil {
		r.tally.assigned++
	}
	if d.idle {
		r.tally.ignored++
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

// textOf reads a JSON text; not ok: it is none, or not all of it is UTF-8.
func textOf(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var text string
	if json.Unmarshal(raw, &text) != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return text, true
}

// maxSecret bounds a secretKey in characters, as Entra does.
const maxSecret = 128

func (d *device) readSecret(rec *seedfile.Record) {
	raw, given := d.values["secretKey"]
	if !given {
		rec.Fail("the device has no secretKey: Graph never gives it back, so this may be a list of what is there, and no delivery")
		return
	}
	bare := raw
	if len(raw) >= 2 && raw[0] == '"' {
		bare = raw[1 : len(raw)-1] // base32 needs no escapes
	}
	seed, err := seedfile.DecodeText(bare, seedfile.Base32)
	switch {
	case raw[0] != '"':
		seed.Clear()
		rec.Fail("the secretKey is not a text")
	case utf8.RuneCount(bare) > maxSecret:
		seed.Clear()
		rec.Fail("the secretKey has %d characters; %d are the most", utf8.RuneCount(bare), maxSecret)
	case seedfile.LooksLikeHex(bare):
		// Some of it may be base32 as well, and would make a seed that is wrong.
		seed.Clear()
		rec.Fail("the secretKey looks like hex; in %s it is base32", Name)
	case err != nil:
		rec.Fail("%v", err)
	default:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
	}
}

// readInterval reads the two intervals there are, as a number or as a text.
func (d *device) readInterval(rec *seedfile.Record) {
	raw, given := d.values["timeIntervalInSeconds"]
	if !given {
		return
	}
	switch strings.Trim(string(raw), `"`) {
	case "30":
		rec.Params.Period = 30
	case "60":
		rec.Params.Period = 60
	default:
		rec.Fail("the timeIntervalInSeconds is neither 30 nor 60")
		return
	}
	rec.Given = rec.Given.With(seedfile.FieldPeriod)
}

func (d *device) readHash(rec *seedfile.Record) {
	raw, given := d.values["hashFunction"]
	if !given {
		return
	}
	text, _ := textOf(raw)
	switch strings.ToLower(text) {
	case "hmacsha1":
		rec.Params.Hash = token.SHA1
	case "hmacsha256":
		rec.Params.Hash = token.SHA256
	default:
		rec.Fail("the hashFunction is %s; hmacsha1 and hmacsha256 are known", seedfile.Shown(text))
		return
	}
	rec.Given = rec.Given.With(seedfile.FieldHash)
}
