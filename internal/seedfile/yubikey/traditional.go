package yubikey

import (
	"bytes"
	"fmt"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Traditional is the name of the format that begins with LOGGING START.
const Traditional = "yubikey"

var traditional = &table.Family{
	Name: Traditional, Columns: []table.Column{table.Serial, table.Seed, table.Digits, table.Counter},
	Encoding: seedfile.Hex, Delimiter: ',', Strip: stripEntry, Blank: isStart,
}

// TraditionalFormat declares the family yubikey. The serial is the public id: the
// log has no other.
func TraditionalFormat() seedfile.Format {
	return seedfile.Format{
		Name:  Traditional,
		Title: "log of YubiKeys, traditional: OATH-HOTP keys by their public id",
		Example: []string{
			"LOGGING START,24.11.26 09:30",
			"OATH-HOTP,24.11.26 09:31,1,ubnu00000001,,3132333435363738393031323334353637383930,,,1,1,0,6,0,0,0,0,0,0",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash),
		Support: seedfile.Support{
			Read: "HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that the personalization tool writes",
			Samples: []string{"yubikey/traditional.csv"},
		},
		Sniff: sniffTraditional,
		Open:  traditional.Open,
	}
}

// isStart recognises the line that each start of the tool writes.
func isStart(row rows.Row) bool { return bytes.EqualFold(row.Fields[0], []byte("LOGGING START")) }

// entryColumns are those of a line whose time has no comma; a time in words may
// have some.
const entryColumns = 18

// entry is a line behind its time, which is counted from its end.
type entry struct{ slot, id, seed, digits, counter []byte }

// entryOf takes a line apart. It is none when what should be switches are not.
func entryOf(fields [][]byte) (e entry, ok bool) {
	n := len(fields)
	if n < entryColumns {
		return e, false
	}
	f := fields[n-entryColumns+2:]
	for _, i := range []int{6, 7, 8, 11, 12, 13, 14, 15} {
		if !is(f[i], "0", "1") {
			return e, false
		}
	}
	return entry{f[0], f[1], f[3], f[9], f[10]}, is(f[0], "0", "1", "2") && is(f[9], "0", "6", "8")
}

func is(field []byte, words ...string) bool {
	for _, w := range words {
		if string(field) == w {
			return true
		}
	}
	return false
}

func stripEntry(_ *table.Reader, rec seedfile.Record, row rows.Row) (seedfile.Record, rows.Row) {
	e, ok := entryOf(row.Fields)
	if !ok {
		table.FailRow(&rec, row, "the row is no line of a YubiKey log, which has 18 columns or, with commas in its time, more")
		return rec, row
	}
	rec.Serial = string(e.id)
	switch {
	case string(e.digits) == "0": // a translated log has only this to tell
		rec.Fail("slot %s holds %s; fob keeps OATH-HOTP keys only", e.slot, kindOf(row.Fields[0]))
	case len(e.id) == 0:
		rec.Fail("the key in slot %s has no public id, and the log no other serial", e.slot)
	case !isID(e.id):
		rec.Serial = ""
		rec.Fail("the public id is written neither in modhex nor in hex")
	default:
		hotp(&rec)
	}
	row.Fields, row.Unended = [][]byte{e.id, e.seed, e.digits, e.counter}, false // no switch is missing
	return rec, row
}

// hotp says what every key is that is not refused.
func hotp(rec *seedfile.Record) {
	rec.Params.Type = token.HOTP
	rec.Given = rec.Given.With(seedfile.FieldType)
	rec.Manufacturer = "Yubico"
}

// kinds are the events of the log in English, as far as they are no OATH-HOTP.
var kinds = []struct{ begins, what string }{
	{"Yubico OTP", "a Yubico OTP key"},
	{"Static Password", "a static password"},
	{"Challenge-Response", "a challenge-response key"},
	{"Configuration Update", "an updated configuration, without its key"},
	{"Configuration Swap", "a configuration that was swapped with the other slot's"},
}

func kindOf(event []byte) string {
	for _, k := range kinds {
		if bytes.HasPrefix(event, []byte(k.begins)) {
			return k.what
		}
	}
	return "a key that makes no codes of 6 or 8 digits"
}

// isID reports whether a public id is one: modhex, hex, or modhex whose last part
// is in digits.
func isID(id []byte) bool {
	for _, c := range bytes.ToLower(id) {
		if bytes.IndexByte([]byte("cbdefghijklnrtuv0123456789a"), c) < 0 {
			return false
		}
	}
	return len(id) <= 32
}

func sniffTraditional(s seedfile.Sample) seedfile.Match {
	first, err := rowsOf(s).Next()
	if err != nil {
		return seedfile.Match{}
	}
	if isStart(first) {
		return seedfile.Match{Fits: true, Why: "it begins with LOGGING START"}
	}
	t := table.Count(s, rowsOf(s), func(fields [][]byte) bool { _, ok := entryOf(fields); return ok })
	if !t.Most() {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("%d of the first %d rows are lines of a YubiKey log", t.Met, t.Rows)}
}

func rowsOf(s seedfile.Sample) *rows.Reader {
	s.Options.Delimiter = ','
	return table.SampleRows(s)
}
