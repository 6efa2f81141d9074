package token

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"fob/internal/fault"
)

// A location is a path of names from the whole to the part: Berlin/Safe 2 is a
// place in Berlin. It is shown as first typed and compared by LocationKey.

// MaxLocationDepth bounds the names of one location: a country, a town, a house, a
// floor, a room, a safe and a drawer are seven.
const MaxLocationDepth = 12

// ParseLocation checks a typed location and brings it into one form: composed
// letters, single blanks, slashes without blanks around them, none at the ends. A
// backslash counts as a slash.
func ParseLocation(text string) (string, error) {
	text, err := ParseText("the location", text)
	if err != nil {
		return "", err
	}
	name := normalLocation(text)
	switch depth := strings.Count(name, "/") + 1; {
	case name == "":
		return "", fault.Errorf(fault.Usage, "the location is empty").WithHint("such as Berlin/Safe 2")
	case depth > MaxLocationDepth:
		return "", fault.Errorf(fault.Usage, "the location has %d names one below the other, the limit is %d", depth, MaxLocationDepth)
	}
	return name, nil
}

// normalLocation is that form, of any text: a store may hold locations from before
// fob knew it.
func normalLocation(text string) string {
	text = norm.NFC.String(strings.ReplaceAll(text, `\`, "/"))
	var parts []string
	for part := range strings.SplitSeq(text, "/") {
		if words := strings.Fields(part); len(words) > 0 {
			parts = append(parts, strings.Join(words, " "))
		}
	}
	return strings.Join(parts, "/")
}

// LocationKey is what locations are compared by: their one form, in lower case.
func LocationKey(name string) string { return strings.ToLower(normalLocation(name)) }

// LocationWithin reports whether a location is another or lies below it; both are
// keys.
func LocationWithin(key, other string) bool {
	return key == other || strings.HasPrefix(key, other) && key[len(other)] == '/'
}

// Locations are the places that are known: those that were named, and what they
// lie in.
type Locations struct{ spelled map[string]string } // by key

// KnownLocations makes them of the names that a store holds.
func KnownLocations(names []string) Locations {
	l := Locations{map[string]string{}}
	for _, name := range names {
		name = normalLocation(name)
		for end := range len(name) + 1 {
			if end < len(name) && name[end] != '/' || end == 0 {
				continue
			}
			if key := LocationKey(name[:end]); l.spelled[key] == "" {
				l.spelled[key] = name[:end]
			}
		}
	}
	return l
}

// All lists them in the order of their keys.
func (l Locations) All() []string {
	all := make([]string, 0, len(l.spelled))
	for _, name := range l.spelled {
		all = append(all, name)
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(LocationKey(a), LocationKey(b)) })
	return all
}

// Find returns a location as it is spelled here, and whether it is known at all. Of
// one that is not, what it lies in is spelled as it is known.
func (l Locations) Find(name string) (spelled string, known bool) {
	name = normalLocation(name)
	if s, ok := l.spelled[LocationKey(name)]; ok {
		return s, true
	}
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		above, _ := l.Find(name[:at])
		return above + name[at:], false
	}
	return name, false
}

// Near lists known locations that a person may have meant, the likeliest first.
func (l Locations) Near(name string, limit int) []string {
	key := LocationKey(name)
	last := key[strings.LastIndexByte(key, '/')+1:]
	far := map[string]int{}
	var near []string
	for _, known := range l.All() {
		k := LocationKey(known)
		d := min(distance(k, key), distance(k[strings.LastIndexByte(k, '/')+1:], last)+1)
		if d <= 1+len(last)/4 {
			far[known] = d
			near = append(near, known)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return far[a] - far[b] })
	return near[:min(len(near), limit)]
}

// ShownLocations is how many near places a person is shown.
const ShownLocations = 3

// Unknown is the refusal of a place that is not known.
func (l Locations) Unknown(name string) *fault.Error {
	err := fault.Errorf(fault.NotFound, "there is no location %s", normalLocation(name))
	if near := l.Near(name, ShownLocations); len(near) > 0 {
		return err.WithHint("near it: %s; %s if it is a new place", strings.Join(near, ", "), fault.NewLocation)
	}
	return err.WithHint("%s shows the places; %s if it is a new one", fault.Do("location list"), fault.NewLocation)
}

// distance counts the letters to be added, taken away, exchanged or swapped with
// their neighbour to make one text of another.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
