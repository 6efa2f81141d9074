package demo_test

import (
	"crypto/rand"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/report"
	"fob/internal/web/demo"
)

// Who can sign in at a demo is found by a part of their name.
func TestPeopleAreKnown(t *testing.T) {
	p, err := demo.New(t.Context(), app.Config{Now: time.Now, Random: rand.Reader, Host: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Remove(); err != nil {
			t.Error(err)
		}
	}()
	if err := p.Know(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := p.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	var found report.Search
	err = u.Pages(t.Context(), func(r report.PageReader) (err error) {
		found, err = report.SearchFor(r, "novak", 0, 10)
		return err
	})
	if err != nil || len(found.Hits) != 2 || found.Hits[0].FullName != "Milan Novak" {
		t.Error(found, err)
	}
}
