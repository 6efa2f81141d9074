package rows

import (
	"bytes"

	"fob/internal/fault"
)

// delimiters are the candidates, in the order that settles a tie.
var delimiters = []byte{',', ';', '\t'}

var delimiterNames = map[byte]string{',': "commas", ';': "semicolons", '\t': "tabs", ' ': "blanks", '|': "bars"}

// sampleLines is how many lines settle the delimiter.
const sampleLines = 200

// blankLines: of this many lines cut by blanks, one may have a comma.
const blankLines = 10

// findDelimiter looks at the first lines of a text. The delimiter is what cuts
// the most lines into the same number of fields, at least two; of several such
// the one that makes more fields (a decimal comma in every row of a semicolon
// file makes fewer). Blanks are one only where hardly any line has another:
// names have blanks too. A text without any delimiter has one column, for which
// comma is as good as another.
func findDelimiter(text []byte, whole bool) byte {
	// A last line that may go on beyond the text says nothing and is left out,
	// unless it is all there is.
	var lines [][]byte
	for len(text) > 0 && len(lines) < sampleLines {
		n, skip := lineEnd(text)
		line := bytes.TrimSpace(text[:n])
		cut := skip == n && !whole && len(lines) > 0
		text = text[skip:]
		if len(line) > 0 && !isComment(line) && !cut {
			lines = append(lines, line)
		}
	}
	best, bestLines, bestCount := delimiters[0], 0, 0
	visible := 0 // lines that something visible cuts
	for _, d := range delimiters {
		count, agreeing := commonCount(lines, d)
		if d != '\t' {
			visible += agreeing
		}
		if agreeing > bestLines || agreeing == bestLines && count > bestCount {
			best, bestLines, bestCount = d, agreeing, count
		}
	}
	if _, blanks := commonCount(lines, ' '); blanks > bestLines && visible*blankLines <= len(lines) {
		return ' '
	}
	return best
}

// inOneCell recognises a text each of whose lines is one field in quotes, with the
// same number of delimiters in it: whole rows were pasted into the first column of a
// sheet. It is their delimiter; 0: the text is another one. Two lines are needed, for
// one quoted text may have a comma in it.
func inOneCell(text []byte, whole bool) byte {
	var lines [][]byte
	for len(text) > 0 && len(lines) < sampleLines {
		n, skip := lineEnd(text)
		line := bytes.TrimSpace(text[:n])
		cut := skip == n && !whole && len(lines) > 0
		if text = text[skip:]; len(line) == 0 || cut {
			continue
		}
		inner, ok := unnest(nil, line)
		if !ok {
			return 0
		}
		lines = append(lines, inner)
	}
	for _, d := range delimiters {
		if _, agreeing := commonCount(lines, d); agreeing == len(lines) && agreeing > 1 {
			return d
		}
	}
	return 0
}

// unnest appends to out what stands in the quotes of a line that is one field, with
// nothing but delimiters behind it.
func unnest(out, line []byte) (inner []byte, ok bool) {
	line = bytes.TrimRight(bytes.TrimSpace(line), ",;\t ")
	if len(line) < 2 || line[0] != '"' || line[len(line)-1] != '"' {
		return nil, false
	}
	for line = line[1 : len(line)-1]; len(line) > 0; {
		n := bytes.IndexByte(line, '"')
		switch {
		case n < 0:
			return append(out, line...), true
		case n+1 == len(line) || line[n+1] != '"':
			return nil, false // the field ends before the line does
		}
		out, line = append(out, line[:n+1]...), line[n+2:]
	}
	return out, true
}

// commonCount tells the number of delimiters, above zero, that most lines have,
// and how many lines have it.
func commonCount(lines [][]byte, d byte) (count, agreeing int) {
	tally := map[int]int{}
	for _, line := range lines {
		if n := countOutsideQuotes(line, d); n > 0 {
			tally[n]++
		}
	}
	for n, times := range tally {
		if times > agreeing || times == agreeing && n > count {
			count, agreeing = n, times
		}
	}
	return count, agreeing
}

// countOutsideQuotes counts how often a delimiter stands outside quotes. A quote
// opens at the beginning of a field only: 5" reader has none. One that is doubled stays
// inside.
func countOutsideQuotes(line []byte, d byte) int {
	isBlank := func(c byte) bool { return c == ' ' || c == '\t' }
	n, quoted, begins, closed := 0, false, true, -2
	for i, c := range line {
		switch {
		case c == '"' && (quoted || begins || closed == i-1):
			if quoted = !quoted; !quoted {
				closed = i
			}
			begins = false
		case quoted:
		case c == d || d == ' ' && c == '\t':
			if d != ' ' || i > 0 && !isBlank(line[i-1]) {
				n++
			}
			begins = true
		default:
			begins = begins && isBlank(c)
		}
	}
	return n
}

// mostAbove is how many lines may stand above a table that are none of it.
const mostAbove = 20

// checkMixed refuses a row that another delimiter cuts into as many fields as
// the rows before it have, and its own delimiter not at all; and a first row that
// has tabs inside its fields, which separate some of its columns.
func (r *Reader) checkMixed(row Row) error {
	first := r.width == 0
	if first {
		r.width = len(row.Fields)
	}
	switch {
	case r.wants.Delimiter != 0:
	case first && r.delim != '\t' && !r.quotes && bytes.IndexByte(bytes.Join(row.Fields, nil), '\t') >= 0:
		return refuseLine(row.Line, "the fields are separated by %s and by tabs", delimiterNames[r.delim]).WithHint("write the same between all columns")
	case !first && len(row.Fields) == 1 && r.width > 1:
		for _, d := range append(delimiters, ' ') {
			if d == r.delim || countOutsideQuotes(row.Fields[0], d) != r.width-1 {
				continue
			}
			remedy := fault.Textf("it was put together from several files: import each by itself")
			if row.Line <= mostAbove {
				remedy = fault.Textf("if what stands in front is a letter, pass over it with %s; if %s", fault.SkipRows.Is(row.Line-1), remedy)
			}
			return refuseLine(row.Line, "the fields are separated by %s, those of the rows before by %s", delimiterNames[d], delimiterNames[r.delim]).WithAdvice(remedy)
		}
	}
	return nil
}

// sepLine recognises the line "sep=;" by which a file tells Excel its
// delimiter. The answer is 0 when the line is something else.
func sepLine(line []byte) byte {
	line = bytes.Trim(bytes.TrimLeft(line, " "), `"`)
	if len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0
	}
	return line[4]
}
