package sheet

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// columnWidth is how a column of a sheet stands on paper.
type columnWidth struct {
	width  float64 // in characters
	hidden bool    // it has nothing in it
}

// fitting measures what is in the columns of a sheet.
type fitting struct {
	heads  []Head
	widest []int // characters of the longest value; 0: none yet
}

func newFitting(heads []Head) *fitting { return &fitting{heads, make([]int, len(heads))} }

// see measures a value. What is too wide for its column wraps or runs on, so nobody
// has to know by how much.
func (f *fitting) see(column int, v Value) {
	n := 1
	switch v.Kind {
	case Text:
		n = utf8.RuneCountInString(v.Text)
	case Int:
		n = len(strconv.FormatInt(v.Int, 10)) + 1 // they stand off the right
	case Decimal:
		n = len(strconv.FormatFloat(v.Float, 'f', 1, 64)) + 1
	case Time:
		n = len("2006-01-02 15:04:05")
	case Bool:
		n = len("FALSE")
	}
	f.widest[column] = max(f.widest[column], n)
}

// The button that filters a table covers the end of a title's last line.
const filterButton = 3

// headed is how wide a column has to be for its title, which takes two lines.
func headed(h Head) float64 {
	longest := 0
	for word := range strings.FieldsSeq(h.Title) {
		longest = max(longest, utf8.RuneCountInString(word))
	}
	return float64(max(longest+filterButton, utf8.RuneCountInString(h.Title)/2+filterButton))
}

// declared are the widths of a sheet too long to be measured.
func (f *fitting) declared() []columnWidth {
	all := make([]columnWidth, len(f.heads))
	for i, h := range f.heads {
		all[i].width = max(h.Width, headed(h))
	}
	return all
}

// fitted are columns as wide as what is in them, and no wider than declared unless
// the title is; those without a value are hidden where others have some.
func (f *fitting) fitted(rows bool) []columnWidth {
	all := f.declared()
	if !rows {
		return all
	}
	for i, h := range f.heads {
		all[i].hidden = f.widest[i] == 0
		all[i].width = max(min(h.Width, float64(f.widest[i])+1.5), headed(h))
	}
	return all
}

// pageWidth is how many characters fit a page that can still be read.
const pageWidth = 220

// pagesOf is on how many pages beside each other columns are printed.
func pagesOf(columns []columnWidth) int {
	width := 0.0
	for _, c := range columns {
		if !c.hidden {
			width += c.width
		}
	}
	return max(int(math.Ceil(width/pageWidth)), 1)
}
