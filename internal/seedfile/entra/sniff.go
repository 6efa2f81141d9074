package entra

import (
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
)

// sniff wants the header, which no other family has: they name a type, or
// neither manufacturer nor model.
func sniff(s seedfile.Sample) seedfile.Match {
	first, err := table.FirstRow(s)
	if err != nil {
		return seedfile.Match{}
	}
	c := headers.Of(first.Fields)
	switch {
	case !isHeader(c) && headless(first.Fields):
		return seedfile.Match{Why: "the row of column names is missing"}
	case !isHeader(c) || !c.Has(serial) || !c.Has(secret):
		return seedfile.Match{}
	case foreign(c) != "":
		return seedfile.Match{Why: "the header names the " + foreign(c)}
	case missing(c) != "":
		return seedfile.Match{Why: "the header names no " + missing(c)}
	}
	return seedfile.Match{Fits: true, Why: "a header that names " + list(upn, model, c.Has)}
}

// headless recognises a record of the usual order without a header before it:
// an interval behind a secret.
func headless(fields [][]byte) bool {
	if len(fields) < 5 {
		return false
	}
	for i, field := range fields[1:] {
		if seconds(field) == 0 {
			continue
		}
		if seed, err := seedfile.DecodeText(fields[i], seedfile.Base32); err == nil {
			seed.Clear()
			return true
		}
	}
	return false
}
