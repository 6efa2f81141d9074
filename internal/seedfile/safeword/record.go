package safeword

import (
	"bytes"
	"cmp"
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
	kind := string(e.values[tokenType])
	r.checkEntry(&rec, e)
	d := readData(&rec, e.values[tokenData])
	d.readType(&rec, kind)
	d.readKey(&rec)
	d.readNumbers(&rec)
	if text, given := d["crypto"]; given {
		rec.ReadHash(text, "crypto", "HmacSHA1, HmacSHA256 and HmacSHA512")
	}
	d.readDate(&rec)
	rec.Model = cmp.Or(string(d["PrtoductName"]), string(d["ProductName"]), kind)
	if seedfile.LooksLikeSeed(rec.Model) {
		rec.Model = ""
		rec.Fail("the product's name looks like a seed")
	}
	if rec.Refused() {
		return rec
	}
	if rec.Doubt.Field == seedfile.FieldCounter {
		r.tally.doubtful++
	}
	if rec.Params.Type == token.TOTP {
		r.tally.timed++
	}
	if e.values[signature] != nil {
		r.tally.signed++
	}
	return rec
}

// checkEntry looks for what is wrong with an entry as such. A signature ends each
// record: without it, what stands before may be half a record.
func (r *reader) checkEntry(rec *seedfile.Record, e *entry) {
	signed := e.values[signature] != nil
	if r.records == 1 {
		r.signed = signed
	}
	// The serial that the entry's name has, if it has any.
	first, _, _ := strings.Cut(e.dn, ",")
	name, named, _ := strings.Cut(first, "=")
	named = strings.TrimSpace(named)
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
	case is(strings.TrimSpace(name), authenticatorID) && named != "" && !strings.EqualFold(named, rec.Serial):
		rec.Fail("the dn of the entry names another serial than its %s", authenticatorID)
	}
}

// data are the values of sccTokenData by their keys.
type data map[string][]byte

// readData takes sccTokenData apart: key=value, with a semicolon behind each. What
// is not known in it may change what the codes are.
func readData(rec *seedfile.Record, text []byte) data {
	d := data{}
	for part := range bytes.SplitSeq(text, []byte(";")) {
		if part = bytes.TrimSpace(part); len(part) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(part, []byte("="))
		key := string(bytes.TrimSpace(name))
		i := slices.IndexFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
		_, again := d[key]
		switch {
		case i < 0:
			rec.Fail("%s of %s is not known, and may change what the codes are", seedfile.Shown(key), tokenData)
		case keys[i] != key:
			rec.Fail("%s of %s is not known (it ought to be written %s), and may change what the codes are", seedfile.Shown(key), tokenData, keys[i])
		case again:
			rec.Fail("%s stands twice in %s", key, tokenData)
		}
		d[key] = bytes.TrimSpace(value)
	}
	return d
}

// readType reads the mode. Without one a token goes by presses, unless something
// else says that it has a clock.
func (d data) readType(rec *seedfile.Record, kind string) {
	mode := string(d["sccMode"])
	switch {
	case is(mode, "E"):
		rec.Params.Type = token.HOTP
	case is(mode, "T"):
		rec.Params.Type = token.TOTP
	case mode != "":
		rec.Fail("the sccMode is neither E (presses) nor T (time); fob keeps HOTP and TOTP tokens")
		return
	case d["sccTick"] != nil || d["sccPrTime"] != nil || strings.HasSuffix(strings.ToUpper(kind), "-TS"):
		rec.Question(seedfile.FieldType, "there is no sccMode, but the record has the marks of a token that goes by time; say %s", fault.Type)
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
	case bytes.HasPrefix(key, []byte("(")):
		rec.Fail("the seed (sccKey) is encrypted by a SafeWord server; ask the supplier for the delivery as it was made, or for OATH CSV")
	default:
		rec.ReadSeed(key, seedfile.Hex, "")
	}
}

// readNumbers reads digits, step and counter.
func (d data) readNumbers(rec *seedfile.Record) {
	number := func(key string, field seedfile.Field, least, most int64) (n int64) {
		if text, given := d[key]; given {
			var ok bool
			if n, ok = table.ReadNumber(rec, key, text, least, most); ok {
				rec.Given = rec.Given.With(field)
			}
		}
		return n
	}
	rec.Params.Digits = int(number("sccPwLen", seedfile.FieldDigits, token.MinDigits, token.MaxDigits))
	rec.Params.Period = int(number("sccTick", seedfile.FieldPeriod, 1, token.MaxPeriod))
	given := rec.Given
	rec.Counter = number("sccSeq", seedfile.FieldCounter, 0, token.MaxCounter)
	if rec.Counter > 9 { // of one digit both are the same
		rec.Counter, rec.Given = 0, given
		rec.Question(seedfile.FieldCounter, "whether the sccSeq is written in decimal or in hex is not known; say %s, which takes its place", fault.Counter)
	}
}

// readDate reads when a token was made, which is said in two ways.
func (d data) readDate(rec *seedfile.Record) {
	for _, w := range []struct{ key, layout, like string }{
		{"ProductionDate", "01/02/2006", "07/28/2010, the month first"},
		{"sccPrTime", "2006/01/02 15:04:05", "2011/05/03 02:46:54"},
	} {
		if text := string(d[w.key]); text != "" {
			at, ok := seedfile.ParseMade(w.layout, text)
			if !ok {
				rec.Fail("the %s is no time such as %s", w.key, w.like)
				return
			}
			rec.Manufactured = at
		}
	}
}
