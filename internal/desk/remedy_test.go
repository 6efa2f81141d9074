package desk

import "testing"

func TestFurtherHint(t *testing.T) {
	for want, parts := range map[string][2]string{
		"":                {"", ""},
		"wait":            {"wait", ""},
		"it is locked":    {"", "it is locked"},
		"wait; try again": {"wait", "try again"},
	} {
		if got := furtherHint(parts[0], parts[1]); got != want {
			t.Errorf("%q gives %q", parts, got)
		}
	}
}
