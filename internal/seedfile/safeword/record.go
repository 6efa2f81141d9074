package safeword

import (
	"bytes"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// keys are those of sccTokenData. PrtoductName is how the maker writes it.
var keys = []string{"sccKey", "sccMode", "sccPwLen", "sccVer", "sccSeq", "sccTick", "sccPrTime", "crypto",
	"CaseModel", "Model", "ProductionDate", "PrtoductName", "ProductName"}

// record makes a record of an entry. Messages hold no text of the file.
func (r *reader) record(e *entry) seedfile.Record {
	rec := seedfile.Record{Place: seedfile.Place{N: e.n}, Serial: string(e.values[authenticatorID])}
	defer clear(e.values[tokenData])
	r.checkEntry(&rec, e)
	d := r.data(&rec, e.values[tokenData])
	d.readType(&rec, string(e.values[tokenType]))
	d.readKey(&rec)
	d.readNumbers(&rec)
	d.readHash(&rec)
	d.readDate(&rec)
	rec.Model = d.model(string(e.values[tokenType]))
	if seedfile.LooksLikeSeed(rec.Model) {
		rec.Model = ""
		rec.Fail("the product's name looks like a seed")
	}
	if rec.Problem != nil {
		rec.Secret.Text.Clear()
		rec.Secret = seedfile.Secret{}
		return rec
	}
	r.tally.doubtful += btoi(rec.Doubt.Field == seedfile.FieldCounter)
	r.tally.timed += btoi(rec.Params.Type == token.TOTP)
	r.tally.signed += btoi(e.values[signature] != nil)
	return rec
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkEntry looks for what is wrong with an entry as such. A signature ends each
// record: without it, what stands before may be half a record.
func (r *reader) checkEntry(rec *seedfile.Record, e *entry) {
	signed := e.values[signature] != nil
	if r.records == 1 {
		r.signed = signed
	}
	named := e.serialOf()
	switch {
	case !signed && e.open:
		rec.Fail("the file seems cut off: its last record has no signature and no blank line behind it; fetch the delivery again")
	case r.signed && !signed:
		rec.Fail("the record has no %s, which ends those before it: is it whole?", signature)
	case e.twice != "":
		rec.Fail("%s stands twice in the entry", e.twice)
	case e.coded != "":
		rec.Fail("%s is written in base64 or stands elsewhere (:: or :<), which fob does not read", e.coded)
	case rec.Serial == "":
		rec.Fail("the entry has no %s", authenticatorID)
	case e.values[tokenData] == nil:
		rec.Fail("the entry has no %s", tokenData)
	case named != "" && !strings.EqualFold(named, rec.Serial):
		rec.Fail("the dn of the entry names another serial than its %s", authenticatorID)
	}
}

// data are the values of sccTokenData by their keys.
type data map[string][]byte

// data reads sccTokenData. What is not known in it may change what the codes are.
func (r *reader) data(rec *seedfile.Record, text []byte) data {
	d := data{}
	for _, p := range pairs(text) {
		key := string(p[0])
		_, again := d[key]
		switch {
		case !slices.Contains(keys, key):
			rec.Fail("%s of %s is not known%s, and may change what the codes are", seedfile.Shown(key), tokenData, meant(key))
		case again:
			rec.Fail("%s stands twice in %s", key, tokenData)
		}
		d[key] = p[1]
	}
	return d
}

func meant(key string) string {
	for _, k := range keys {
		if strings.EqualFold(k, key) {
			return " (it ought to be written " + k + ")"
		}
	}
	return ""
}

// readType reads the mode. Without one a token goes by presses, unless something
// else says that it has a clock.
func (d data) readType(rec *seedfile.Record, kind string) {
	switch mode := d["sccMode"]; {
	case is(string(mode), "E"):
		rec.Params.Type = token.HOTP
	case is(string(mode), "T"):
		rec.Params.Type = token.TOTP
	case len(mode) > 0:
		rec.Fail("the sccMode is neither E (presses) nor T (time); fob keeps HOTP and TOTP tokens")
		return
	case d["sccTick"] != nil || d["sccPrTime"] != nil || strings.HasSuffix(strings.ToUpper(kind), "-TS"):
		rec.Question(seedfile.FieldType, "there is no sccMode, but the record has the marks of a token that goes by time; say --type")
		return
	default:
		return
	}
	rec.Given = rec.Given.With(seedfile.FieldType)
}

func (d data) readKey(rec *seedfile.Record) {
	key := d["sccKey"]
	switch {
	case len(key) == 0:
		rec.Fail("the seed (sccKey) is missing")
		return
	case bytes.HasPrefix(key, []byte("(")):
		rec.Fail("the seed (sccKey) is encrypted by a SafeWord server; ask the supplier for the delivery as it was made, or for OATH CSV")
		return
	}
	seed, err := seedfile.DecodeText(key, seedfile.Hex)
	if err != nil {
		rec.Fail("%v", err)
		return
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
}

// readNumbers reads digits, step and counter.
func (d data) readNumbers(rec *seedfile.Record) {
	d.number(rec, "sccPwLen", token.MinDigits, token.MaxDigits, func(n int64) {
		rec.Params.Digits = int(n)
		rec.Given = rec.Given.With(seedfile.FieldDigits)
	})
	d.number(rec, "sccTick", 1, token.MaxPeriod, func(n int64) {
		rec.Params.Period = int(n)
		rec.Given = rec.Given.With(seedfile.FieldPeriod)
	})
	d.number(rec, "sccSeq", 0, token.MaxCounter, func(n int64) {
		if n > 9 { // of one digit both are the same
			rec.Question(seedfile.FieldCounter, "whether the sccSeq is written in decimal or in hex is not known; say --counter, which takes its place")
			return
		}
		rec.Counter = n
		rec.Given = rec.Given.With(seedfile.FieldCounter)
	})
}

func (d data) number(rec *seedfile.Record, key string, least, most int64, set func(int64)) {
	text, given := d[key]
	if !given {
		return
	}
	if n, ok := table.ReadNumber(rec, key, text, least, most); ok {
		set(n)
	}
}

func (d data) readHash(rec *seedfile.Record) {
	text, given := d["crypto"]
	if !given {
		return
	}
	h, err := token.ParseHash(string(text))
	if err != nil {
		rec.Fail("the crypto is %s; HmacSHA1, HmacSHA256 and HmacSHA512 are known", seedfile.Shown(string(text)))
		return
	}
	rec.Params.Hash = h
	rec.Given = rec.Given.With(seedfile.FieldHash)
}

// readDate reads when a token was made, which is said in two ways.
func (d data) readDate(rec *seedfile.Record) {
	for _, w := range []struct{ key, layout, like string }{
		{"ProductionDate", "01/02/2006", "07/28/2010, the month first"},
		{"sccPrTime", "2006/01/02 15:04:05", "2011/05/03 02:46:54"},
	} {
		text := string(d[w.key])
		if text == "" {
			continue
		}
		at, ok := seedfile.ParseMade(w.layout, text)
		if !ok {
			rec.Fail("the %s is no time such as %s", w.key, w.like)
			return
		}
		rec.Manufactured = at
	}
}

// model is the product's name, else its type.
func (d data) model(kind string) string {
	for _, key := range []string{"PrtoductName", "ProductName"} {
		if name := string(d[key]); name != "" {
			return name
		}
	}
	return kind
}

// tally counts what the operator should know of.
type tally struct{ signed, timed, doubtful, others, ignored int }

func (t *tally) notes() []fault.Text {
	return seedfile.CountedNotes(
		seedfile.Counted{N: t.signed, Text: "signatures (sccSignature) were not verified, which only SafeWord's own server can: %d of them"},
		seedfile.Counted{N: t.timed, Text: "clocks count from 2000-01-01, unless %[2]s says otherwise: those of %[1]d time-based tokens", Args: []any{fault.T0}},
		seedfile.Counted{N: t.doubtful, Text: "an sccSeq of more than one digit may be decimal or hex, and is not taken for the counter: that of %d records"},
		seedfile.Counted{N: t.others, Text: "entries that are no tokens were skipped: %d of them"},
		seedfile.Counted{N: t.ignored, Text: "attributes that say nothing about codes were ignored: %d lines"},
	)
}
