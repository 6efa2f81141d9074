package rows

import "bytes"

// delimiters are the candidates, in the order that settles a tie.
var delimiters = []byte{',', ';', '\t'}

// sampleLines is how many lines settle the delimiter.
const sampleLines = 200

// findDelimiter looks at the first lines of a text. The delimiter is what cuts
// the most lines into the same number of fields, at least two; of several such
// the one that makes more fields (a decimal comma in every row of a semicolon
// file makes fewer). A text without any delimiter has one column, for which
// comma is as good as another.
func findDelimiter(text []byte, whole bool) byte {
	lines := linesOf(text, whole)
	best, bestLines, bestCount := delimiters[0], 0, 0
	for _, d := range delimiters {
		count, agreeing := commonCount(lines, d)
		if agreeing > bestLines || agreeing == bestLines && count > bestCount {
			best, bestLines, bestCount = d, agreeing, count
		}
	}
	return best
}

// linesOf gives the first lines that are rows. A last line that may go on
// beyond the text says nothing and is left out, unless it is all there is.
func linesOf(text []byte, whole bool) [][]byte {
	var lines [][]byte
	for len(text) > 0 && len(lines) < sampleLines {
		n, skip := lineEnd(text)
		line := bytes.TrimSpace(text[:n])
		cut := skip == n && !whole && len(lines) > 0
		text = text[skip:]
		if len(line) > 0 && line[0] != '#' && !cut {
			lines = append(lines, line)
		}
	}
	return lines
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

func countOutsideQuotes(line []byte, d byte) int {
	n, quoted := 0, false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == d && !quoted:
			n++
		}
	}
	return n
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
