package otp_test

import (
	"testing"

	"fob/internal/otp"
)

func TestSameMiss(t *testing.T) {
	for name, c := range map[string]struct {
		all  []otp.Miss
		by   float64
		same bool
	}{
		// −3650 to −3530, −3684 to −3536, −3840 to −3360: −3650 to −3536 is in all.
		"an hour, all":             {[]otp.Miss{{-3590, 60}, {-3610, 74}, {-3600, 240}}, -3593, true},
		"one was foreseen":         {[]otp.Miss{{-3590, 60}, {-200, 240}}, 0, false},
		"either way":               {[]otp.Miss{{300, 60}, {-300, 60}}, 0, false},
		"not by the same":          {[]otp.Miss{{300, 60}, {600, 60}}, 0, false},
		"stock of unknown age":     {[]otp.Miss{{-7200, 2250}, {-6900, 2250}}, -7050, true},
		"nothing":                  {nil, 0, false},
		"exactly as far as it may": {[]otp.Miss{{60, 60}}, 0, false},
	} {
		by, same := otp.SameMiss(c.all)
		if same != c.same || !near(by, c.by, 1e-9) {
			t.Errorf("%s: %g, %v", name, by, same)
		}
	}
}

func TestMissOf(t *testing.T) {
	if m, ok := (otp.History{Observations: observed(7, 40, 0, -300)}).MissOf(30); !ok || m.Seconds != -340 || m.HalfWidth != 74 || !m.Outside() {
		t.Errorf("%+v, %v", m, ok)
	}
	first := otp.History{Observations: observed(0, -300), BatchFirst: []float64{-90, -90, -90, -90, -90}, Imported: now}
	if m, ok := first.MissOf(30); !ok || m.Seconds != -210 || m.HalfWidth != 2250 || m.Outside() {
		t.Errorf("%+v, %v", m, ok)
	}
	if _, ok := (otp.History{}).MissOf(30); ok {
		t.Error("nothing was missed")
	}
}
