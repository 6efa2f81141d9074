package oathcsv

import (
	"fmt"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
)

// sniff wants a header of this family's names, or rows whose third column is
// hotp or totp and whose second is hex, perhaps behind the three of version 2.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	first, err := in.Next()
	if err != nil {
		return seedfile.Match{}
	}
	if l, is := table.Header(table.Names(), first.Fields); is {
		return match(l)
	}
	ahead, version := 0, ""
	if versionTwo(in.Comment()) || isVersionTwo(first.Fields) {
		ahead, version = len(leading), " (version 2, with user, resolver and realm)"
	}
	return matchRows(s, ahead, version)
}

// match judges a header. The type is what other families' headers do not name.
func match(l table.Layout) seedfile.Match {
	switch {
	case !l.Has(table.Serial) || !l.Has(table.Seed):
		return seedfile.Match{}
	case !l.Has(table.Kind):
		return seedfile.Match{Why: "the header names no type, only " + table.KnownColumns(l)}
	}
	return seedfile.Match{Fits: true, Why: "a header that names " + table.KnownColumns(l)}
}

func matchRows(s seedfile.Sample, ahead int, version string) seedfile.Match {
	hex := 0
	typed := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		if len(fields) < ahead+3 || len(fields[ahead]) == 0 || !table.IsType(fields[ahead+2]) {
			return false
		}
		if seed, err := seedfile.DecodeText(fields[ahead+1], seedfile.Hex); err == nil {
			seed.Clear()
			hex++
		}
		return true
	})
	switch {
	case !typed.Most():
		return seedfile.Match{}
	case 2*hex < typed.Rows:
		return seedfile.Match{Why: fmt.Sprintf("column %d says hotp or totp in %d of the first %d rows, but the seeds of column %d are not hex",
			ahead+3, typed.Met, typed.Rows, ahead+2)}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("column %d is hex in %d and column %d says hotp or totp in %d of the first %d rows%s",
		ahead+2, hex, ahead+3, typed.Met, typed.Rows, version), Reads: "seeds in column 2, and a fifth is the counter of HOTP tokens"}
}
