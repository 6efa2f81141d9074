package entra

import (
	"io"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "entra"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "CSV of Microsoft Entra ID, Token2 and Deepnet: a header row, then base32 secrets of TOTP tokens",
		Example: []string{
			"upn,serial number,secret key,time interval,manufacturer,model",
			"anna@example.com,2308602200001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,c202",
			",2308602200002,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR,30,Token2,c202",
		},
		Encoding:  seedfile.Base32,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that Microsoft documents",
			Samples: []string{"entra/microsoft.csv", "entra/token2.csv"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
			return &reader{File: table.Open[column](table.NewRows(r, o))}, nil
		},
		Sheets: true,
	}
}
