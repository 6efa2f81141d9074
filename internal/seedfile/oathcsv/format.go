package oathcsv

import (
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "oath-csv"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "OATH CSV of privacyIDEA and LinOTP: serial, hex seed, type, digits, counter or step, hash",
		Example: []string{
			"2600412300001,3132333435363738393031323334353637383930,totp,6,30",
			"2600412300002,3132333435363738393031323334353637383930,hotp,6,0",
		},
		Encoding: seedfile.Hex,
		Defaults: token.Params{Hash: token.SHA1, Digits: 6, Period: 30},
		Counter:  0,
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldDigits).
			With(seedfile.FieldPeriod).With(seedfile.FieldCounter).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that privacyIDEA documents",
			Samples: []string{"oath-csv/bom-semicolon.csv", "oath-csv/sep-quotes-crlf.csv", "oath-csv/version2.csv"},
		},
		Sniff:  sniff,
		Open:   family.Open,
		Sheets: true,
	}
}
