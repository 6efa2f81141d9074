// Package serialseed reads the family serial-seed: the text that Feitian and
// others send for a box of tokens, a serial and a seed in each line with blanks
// between them. Commas, semicolons or tabs do as well where the seeds are not
// hex.
//
// Nothing says what the tokens are: type, digits and step or counter are the
// operator's to say. Feitian writes the seeds of TOTP tokens in base32 and those
// of HOTP tokens in hex, others differ: the encoding is inferred over the whole
// file. The hash is SHA-1.
package serialseed

import (
	"bytes"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "serial-seed"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var family = &table.Family{
	Columns: []table.Column{table.Serial, table.Seed},
	Names:   table.Names(),
	Format: seedfile.Format{
		Name:  Name,
		Title: "text of Feitian and others: a serial and a seed in each line; what the tokens are the operator says",
		Example: []string{
			"2600412300001 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
			"2600412300002 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR",
		},
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: seedfile.AsSaid, Checked: "none; as Feitian and Swivel deliver it",
			Samples: []string{"serial-seed/feitian-totp.txt", "serial-seed/swivel.txt"},
		},
		Sniff: sniff,
	},
}

// sniff wants two columns, a serial with a digit in it and a seed. Of hex behind
// a comma others know more.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	if _, err := in.Next(); err != nil {
		return seedfile.Match{}
	}
	hex := 0
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		if len(fields) != 2 || !bytes.ContainsAny(fields[0], "0123456789") {
			return false
		}
		if table.IsSeed(fields[1], seedfile.Hex) {
			hex++
			return true
		}
		return table.IsSeed(fields[1], seedfile.Base32) || table.IsSeed(fields[1], seedfile.Base64)
	})
	if in.Delimiter() != ' ' && 2*hex >= t.Rows {
		return seedfile.Match{}
	}
	return t.Match("2 columns, a serial and a seed,", "")
}
