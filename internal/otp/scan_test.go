package otp

import "testing"

// A step that was compared stays compared when the scan grows either way, and
// what lies between is filled.
func TestScanGrows(t *testing.T) {
	gen := generator{secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
	gen.opts.Digits = 6
	grown := scan{gen: gen, codes: []string{"969429", "520489"}} // counters 3 and 9
	whole := grown
	for _, part := range [][2]int64{{5, 6}, {7, 9}, {0, 2}, {8, 4}, {1, 3}} {
		if err := grown.cover(part[0], part[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := whole.cover(0, 9); err != nil {
		t.Fatal(err)
	}
	for step := int64(-1); step <= 10; step++ {
		for which := range 2 {
			want := step == 3 && which == firstCode || step == 9 && which == secondCode
			if grown.hit(which, step) != whole.hit(which, step) || (grown.hit(which, step) == 1) != want {
				t.Errorf("code %d at step %d: %d and %d", which, step, grown.hit(which, step), whole.hit(which, step))
			}
		}
	}
}
