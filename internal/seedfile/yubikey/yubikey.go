// Package yubikey reads the logs that the YubiKey Personalization Tool writes of
// the keys it made, in the two formats that have a fixed order: the families
// yubikey (called "traditional" there) and yubico. The third, "flexible", is for
// the family columns.
//
// Both hold keys of several kinds, of which fob keeps those for OATH-HOTP. Others
// are refused by name, and one that may be of another kind is left to the
// operator, never guessed. The hash is SHA-1, the only one that a YubiKey has.
package yubikey

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// The names of the formats: that which begins with LOGGING START, and that with the
// device's serial.
const (
	Traditional = "yubikey"
	Yubico      = "yubico"
)

// TraditionalFormat declares the family yubikey. The serial is the public id: the
// log has no other.
func TraditionalFormat() seedfile.Format { return traditional.Declare() }

// YubicoFormat declares the family yubico,
//
//	serial, public id, moving factor, seed, access code, time,
//
// in which the private id of a Yubico OTP key stands in the place of the moving
// factor, and nothing in that of a static password. A key for challenge-response
// has 0 there and no public id, and looks like an OATH-HOTP key without one.
func YubicoFormat() seedfile.Format { return yubico.Declare() }

const checked = "none; the columns are those that the personalization tool writes"

var traditional = &table.Family{
	Columns:   []table.Column{table.Serial, table.Seed, table.Digits, table.Counter},
	Delimiter: ',',
	Strip:     stripEntry,
	Blank:     isStart,
	Format: seedfile.Format{
		Name:  Traditional,
		Title: "log of YubiKeys, traditional: OATH-HOTP keys by their public id",
		Example: []string{
			"LOGGING START,24.11.26 09:30",
			"OATH-HOTP,24.11.26 09:31,1,ubnu00000001,,3132333435363738393031323334353637383930,,,1,1,0,6,0,0,0,0,0,0",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash),
		Support:   seedfile.Support{Read: "HOTP", Checked: checked, Samples: []string{"yubikey/traditional.csv"}},
		Sniff:     sniffTraditional,
	},
}

var yubico = &table.Family{
	Columns:   []table.Column{table.Serial, table.Seed, table.Counter},
	Delimiter: ',',
	Strip:     stripLine,
	Format: seedfile.Format{
		Name:      Yubico,
		Title:     "log of YubiKeys, Yubico's: OATH-HOTP keys by the device's serial; how many digits the operator says",
		Example:   []string{"1382042,ubnu00000001,0,3132333435363738393031323334353637383930,,2026-11-24T09:31:00,"},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldType, seedfile.FieldHash),
		Support:   seedfile.Support{Read: "HOTP", Checked: checked, Samples: []string{"yubico/hotp.csv"}},
		Sniff:     sniffYubico,
	},
}

// isStart recognises the line that each start of the tool writes.
func isStart(row rows.Row) bool { return bytes.EqualFold(row.Fields[0], []byte("LOGGING START")) }

// entryColumns are those of a line whose time has no comma; a time in words may
// have some.
const entryColumns = 18

// entry is a line behind its time, which is counted from its end.
type entry struct{ slot, id, seed, digits, counter []byte }

// entryOf takes a line apart. It is no entry when what should be switches are not.
func entryOf(fields [][]byte) (e entry, ok bool) {
	n := len(fields)
	if n < entryColumns {
		return e, false
	}
	f := fields[n-entryColumns+2:]
	is := func(i int, words ...string) bool { return slices.Contains(words, string(f[i])) }
	for _, i := range []int{6, 7, 8, 11, 12, 13, 14, 15} {
		if !is(i, "0", "1") {
			return e, false
		}
	}
	return entry{f[0], f[1], f[3], f[9], f[10]}, is(0, "0", "1", "2") && is(9, "0", "6", "8")
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
		rec.Fail("the key in slot %s has no public id, and this log no other serial: log in the Yubico format, which has the serial of the device, "+
			"or write the serial and the seed into a table of your own", e.slot)
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

// kindOf names the events of the log in English, as far as they are no OATH-HOTP.
func kindOf(event []byte) string {
	for _, k := range []struct{ begins, what string }{
		{"Yubico OTP", "a Yubico OTP key"},
		{"Static Password", "a static password"},
		{"Challenge-Response", "a challenge-response key"},
		{"Configuration Update", "an updated configuration, without its key"},
		{"Configuration Swap", "a configuration that was swapped with the other slot's"},
	} {
		if bytes.HasPrefix(event, []byte(k.begins)) {
			return k.what
		}
	}
	return "a key that makes no codes of 6 or 8 digits"
}

// isID reports whether a public id is one: modhex, hex, or modhex whose last part
// is in digits.
func isID(id []byte) bool {
	return len(id) <= 32 && strings.Trim(strings.ToLower(string(id)), "cbdefghijklnrtuv0123456789a") == ""
}

func sniffTraditional(s seedfile.Sample) seedfile.Match {
	s.Options.Delimiter = ','
	first, err := table.FirstRow(s)
	if err != nil {
		return seedfile.Match{}
	}
	if isStart(first) {
		return seedfile.Match{Fits: true, Why: "it begins with LOGGING START"}
	}
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool { _, ok := entryOf(fields); return ok })
	return t.Match("lines of a YubiKey log", "")
}

// The numbers of a YubiKey: the bytes of an OATH-HOTP seed and of an AES key, the
// hex digits of a private id, and the largest moving factor, 16 times 65535.
const (
	seedBytes   = 20
	aesBytes    = 16
	privateID   = 12
	largestSeed = 16 * 65535
)

// isLine wants the six columns, of which the last is the time, and the comma
// behind them.
func isLine(fields [][]byte) bool {
	if len(fields) < 6 || len(fields) > 7 || len(fields) == 7 && len(fields[6]) > 0 {
		return false
	}
	_, err := time.Parse("2006-01-02T15:04:05", string(fields[5]))
	return err == nil
}

func stripLine(r *table.Reader, rec seedfile.Record, row rows.Row) (seedfile.Record, rows.Row) {
	f := row.Fields
	if !isLine(f) {
		table.FailRow(&rec, row, "the row is no line of a YubiKey log: serial, public id, moving factor, seed, access code and time, with a comma behind each")
		return rec, row
	}
	rec.Serial = string(f[0])
	id := string(f[1])
	switch {
	case id != "" && !isID(f[1]):
		rec.Fail("the public id in column 2 is written neither in modhex nor in hex")
	case id != "" && r.Options.KeySuffix:
		rec.Serial += "/" + id
	case id != "":
		rec.Alternative = fault.Textf("with %s the serials are SERIAL/PUBLICID", fault.KeySuffix)
	}
	if refuseOthers(&rec, f[2], f[3]); rec.Problem != nil {
		return rec, row
	}
	hotp(&rec)
	if n, _, _ := table.Number(f[2]); id == "" && n == 0 {
		rec.Given, rec.Params.Type = 0, ""
		rec.Question(seedfile.FieldType,
			"a key without a public id may be for OATH-HOTP or for challenge-response; say %s if it is the first", fault.Type.Is("hotp"))
	}
	row.Fields, row.Unended = [][]byte{f[0], f[3], f[2]}, false // its time is whole
	return rec, row
}

// refuseOthers names the kinds of keys that are not OATH-HOTP. A seed that does not
// decode is for the reader to name.
func refuseOthers(rec *seedfile.Record, moving, seed []byte) {
	n, given, ok := table.Number(moving)
	switch {
	case !given:
		rec.Fail("the moving factor in column 3 is empty, as that of a static password is; fob keeps OATH-HOTP keys only")
	case len(moving) == privateID:
		rec.Fail("column 3 holds a private id: the key is for Yubico OTP; fob keeps OATH-HOTP keys only")
	case !ok:
		rec.Fail("the moving factor in column 3 is not a number")
	case n > largestSeed:
		rec.Fail("the moving factor in column 3 is above %d, the largest that a YubiKey has", largestSeed)
	}
	decoded, err := seedfile.DecodeText(seed, seedfile.Hex)
	if err != nil {
		return
	}
	defer decoded.Clear()
	switch decoded.Len() {
	case seedBytes:
	case aesBytes:
		rec.Fail("the seed has %d bytes, those of a Yubico OTP key or a static password; an OATH-HOTP key has %d", aesBytes, seedBytes)
	default:
		rec.Fail("the seed has %d bytes; an OATH-HOTP key of a YubiKey has %d", decoded.Len(), seedBytes)
	}
}

func sniffYubico(s seedfile.Sample) seedfile.Match {
	s.Options.Delimiter = ','
	return table.Count(s, table.SampleRows(s), isLine).Match("6 columns, the last a time,", "")
}
