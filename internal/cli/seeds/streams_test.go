package seeds

import (
	"strings"
	"testing"
	"time"

	"fob/internal/cli/term"
	"fob/internal/intake"
)

// TestProgressRate: what was done in the first second, before the bar is shown,
// counts with the time that it took.
func TestProgressRate(t *testing.T) {
	var errs strings.Builder
	now := time.Now()
	r := &term.Run{Streams: term.Streams{Err: &errs, ErrTTY: true}, Now: func() time.Time { return now }}
	bar := r.NewProgress("delivery.csv")
	var req intake.Import
	follow(bar, &req)
	req.OnProgress(10, 5000)
	if errs.Len() > 0 {
		t.Errorf("a bar within the first second: %q", errs.String())
	}
	now = now.Add(2 * time.Second)
	req.OnProgress(1000, 5000) // 33 of a hundred after 2 s
	if !strings.Contains(errs.String(), "delivery.csv, 1000 of 5000 tokens, 500 a second, 4 s left") {
		t.Errorf("the bar is %q", errs.String())
	}
	bar.Done()
}
