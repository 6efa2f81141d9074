package oathcsv

import (
	"bytes"
	"fmt"

	"fob/internal/rows"
	"fob/internal/seedfile"
)

// sniffRows is how many rows settle whether a file is of the family.
const sniffRows = 100

// tally is what the first rows of a sample look like.
type tally struct {
	rows, typed, hex, serials int
}

// sniff wants a header of this family's names, or rows whose third column is
// hotp or totp and whose second is hex. Half of the rows suffice: damaged ones
// are for the reader to name.
func sniff(s seedfile.Sample) seedfile.Match {
	in := rows.New(bytes.NewReader(s.Data))
	first, err := in.Next()
	if err != nil {
		return seedfile.Match{}
	}
	if l, is := header(first.Fields); is {
		return match(l)
	}
	var t tally
	for row := first; err == nil && t.rows < sniffRows; row, err = in.Next() {
		if row.Unended && !s.Whole && t.rows > 0 {
			break // the sample ends inside this row
		}
		t.add(row.Fields)
	}
	return t.match()
}

// match judges a header. The type is what other families' headers do not name.
func match(l layout) seedfile.Match {
	switch {
	case !l.Has(serial) || !l.Has(seed):
		return seedfile.Match{}
	case !l.Has(kind):
		return seedfile.Match{Why: "the header names no type, only " + knownColumns(l)}
	}
	return seedfile.Match{Fits: true, Why: "a header that names " + knownColumns(l)}
}

func knownColumns(l layout) string {
	var text []byte
	for c := range columnCount {
		if l.Has(c) {
			text = fmt.Appendf(text, ", %s", c)
		}
	}
	return string(bytes.TrimPrefix(text, []byte(", ")))
}

func (t *tally) add(fields [][]byte) {
	t.rows++
	if len(fields) < 3 {
		return
	}
	if isType(fields[2]) {
		t.typed++
	}
	if decoded, err := seedfile.DecodeText(fields[1], seedfile.Hex); err == nil {
		t.hex++
		decoded.Clear()
	}
	if len(fields[0]) > 0 {
		t.serials++
	}
}

func (t *tally) match() seedfile.Match {
	switch {
	case 2*t.typed < t.rows || 2*t.serials < t.rows:
		return seedfile.Match{}
	case 2*t.hex < t.rows:
		return seedfile.Match{Why: fmt.Sprintf("column 3 says hotp or totp in %d of the first %d rows, but the seeds of column 2 are not hex", t.typed, t.rows)}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf(
		"column 2 is hex in %d and column 3 says hotp or totp in %d of the first %d rows", t.hex, t.typed, t.rows)}
}
