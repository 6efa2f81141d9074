package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/report"
	"fob/internal/token"
	"fob/tools/life"
)

// The events of one token, which are looked for by its serial in their bytes, are
// those of the whole trail that are about it, whatever the case of the serial, in all
// lives of its device.
func TestTheTrailOfOneToken(t *testing.T) {
	l, err := life.Begin(t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer l.End()
	live(t, l, 150)
	err = l.Read(func(r report.Reader) error {
		all := map[string][]int64{}
		for tok, err := range r.Tokens(report.Filter{}) {
			if err != nil {
				return err
			}
			all[tok.Serial.Key()] = nil
		}
		for e, err := range report.Log(r, report.EventFilter{}) {
			if err != nil {
				return err
			}
			named, err := e.Serials()
			if err != nil {
				return err
			}
			for key := range all {
				if slices.ContainsFunc(named, func(s token.Serial) bool { return s.Device().Key() == token.Serial(key).Device().Key() }) {
					all[key] = append(all[key], e.Seq)
				}
			}
		}
		told, imports := 0, 0
		for key, want := range all {
			for _, serial := range []string{key, strings.ToLower(key)} {
				var got []int64
				for e, err := range report.Log(r, report.EventFilter{Serial: token.Serial(serial)}) {
					if err != nil {
						return err
					}
					if e.Command == token.CmdImport && !slices.Contains(want, e.Seq) { // it came with its batch
						imports++
						continue
					}
					got = append(got, e.Seq)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s", serial, diff)
				}
				told += len(got)
			}
		}
		if told < 100 || imports < len(all) {
			t.Errorf("only %d events and %d imports of %d tokens", told, imports, len(all))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
