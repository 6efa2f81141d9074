package yubikey

import (
	"fmt"
	"time"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Yubico is the name of the format with the device's serial.
const Yubico = "yubico"

var yubico = &table.Family{
	Name: Yubico, Columns: []table.Column{table.Serial, table.Seed, table.Counter},
	Encoding: seedfile.Hex, Delimiter: ',', Strip: stripLine,
}

// YubicoFormat declares the family yubico,
//
//	serial, public id, moving factor, seed, access code, time,
//
// in which the private id of a Yubico OTP key stands in the place of the moving
// factor, and nothing in that of a static password. A key for challenge-response
// has 0 there and no public id, and looks like an OATH-HOTP key without one.
func YubicoFormat() seedfile.Format {
	return seedfile.Format{
		Name:  Yubico,
		Title: "log of YubiKeys, Yubico's: OATH-HOTP keys by the device's serial; how many digits the operator says",
		Example: []string{
			"1382042,ubnu00000001,0,3132333435363738393031323334353637383930,,2026-11-24T09:31:00,",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldType).With(seedfile.FieldHash),
		Support: seedfile.Support{
			Read: "HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that the personalization tool writes",
			Samples: []string{"yubico/hotp.csv"},
		},
		Sniff: sniffYubico,
		Open:  yubico.Open,
	}
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
		rec.Alternative = "with --key-suffix the serials are SERIAL/PUBLICID"
	}
	refuseOthers(&rec, f[2], f[3])
	if rec.Problem != nil {
		return rec, row
	}
	hotp(&rec)
	if n, _, _ := table.Number(f[2]); id == "" && n == 0 {
		rec.Given, rec.Params.Type = 0, ""
		rec.Question(seedfile.FieldType,
			"a key without a public id may be for OATH-HOTP or for challenge-response; say --type hotp if it is the first")
	}
	row.Fields, row.Unended = [][]byte{f[0], f[3], f[2]}, false // its time is whole
	return rec, row
}

// refuseOthers names the kinds of keys that are not OATH-HOTP.
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
		return // for the reader to say
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
	t := table.Count(s, rowsOf(s), isLine)
	if !t.Most() {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("6 columns, the last a time, in %d of the first %d rows", t.Met, t.Rows)}
}
