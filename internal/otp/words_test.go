package otp

import "testing"

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 seconds", 1: "1 second", -45.4: "45 seconds", 119: "119 seconds",
		120: "2 minutes", 3600: "60 minutes", 7140: "119 minutes", 7170: "2 hours",
		7200: "2 hours", 18_000: "5 hours", -17_985: "5 hours", 18_030: "5 hours",
		12_015: "3 hours 20 minutes", 43_215: "12 hours", 90_000: "25 hours",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%g s: %q, want %q", seconds, got, want)
		}
	}
}
