package token_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/token"
)

func TestParseLocation(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"Berlin", "Berlin"},
		{"  Berlin /  Safe   2 ", "Berlin/Safe 2"},
		{`Berlin\Safe 2`, "Berlin/Safe 2"},
		{"/Berlin//Safe 2/", "Berlin/Safe 2"},
		{"Zu\u0308rich", "Z\u00fcrich"}, // as macOS types it
	} {
		if got, err := token.ParseLocation(c.typed); err != nil || got != c.want {
			t.Errorf("%q: %q %v, want %q", c.typed, got, err, c.want)
		}
	}
	for _, bad := range []string{"", " / ", "a\x1bb", "a\nb", strings.Repeat("a/", 13), strings.Repeat("x", 400)} {
		if got, err := token.ParseLocation(bad); err == nil || fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %q %v", bad, got, err)
		}
	}
}

func TestLocationWithin(t *testing.T) {
	for _, c := range []struct {
		key, of string
		want    bool
	}{
		{"berlin", "berlin", true}, {"berlin/safe 2", "berlin", true}, {"berlin/safe 2/drawer", "berlin/safe 2", true},
		{"berlin", "berlin/safe 2", false}, {"berlin 2", "berlin", false}, {"", "berlin", false},
	} {
		if got := token.LocationWithin(c.key, c.of); got != c.want {
			t.Errorf("%q in %q: %v", c.key, c.of, got)
		}
	}
}

func TestKnownLocations(t *testing.T) {
	l := token.KnownLocations([]string{"Berlin / Safe 2", "berlin/Safe 10", "Zürich", ""})
	want := []string{"Berlin", "berlin/Safe 10", "Berlin/Safe 2", "Zürich"}
	if d := cmp.Diff(want, l.All()); d != "" {
		t.Errorf("all: %s", d)
	}
	for _, c := range []struct {
		name, spelled string
		known         bool
	}{
		{"BERLIN", "Berlin", true}, {"berlin/safe 2", "Berlin/Safe 2", true}, {"zürich", "Zürich", true},
		{"berlin/safe 3/top", "Berlin/safe 3/top", false}, {"Bern", "Bern", false},
	} {
		if s, known := l.Find(c.name); s != c.spelled || known != c.known {
			t.Errorf("%s: %q %v", c.name, s, known)
		}
	}
	for _, c := range []struct{ name, near string }{
		{"Berlni", "Berlin"}, {"Zurich", "Zürich"}, {"Safe 2", "Berlin/Safe 2"}, {"Berlin/Saef 2", "Berlin/Safe 2"},
	} {
		if near := l.Near(c.name, 3); len(near) == 0 || near[0] != c.near {
			t.Errorf("near %s: %v", c.name, near)
		}
	}
	if near := l.Near("Hamburg", 3); len(near) != 0 {
		t.Errorf("near Hamburg: %v", near)
	}
}
