package otp

// sifted looks for a pair with the prepared path, which takes a twentieth of the
// library's time for the 481 steps of a pair's window. What it finds counts only
// where the library says the same; where it finds nothing, not ok leaves the
// whole answer to the library. So it can make an attempt quicker and nothing else.
func sifted(a Attempt, gen generator) (r Result, ok bool, err error) {
	s := newSearch(a, gen)
	if !a.pair() || len(s.gaps) > 1 {
		return r, false, nil
	}
	f, err := NewFinder(s.scan.codes, s.last().At, false)
	if err != nil {
		return r, false, err
	}
	if err := f.sift(Candidate{Params: a.Params, Seed: a.Seed}, s.win); err != nil {
		return r, false, err
	}
	confirmed, err := f.confirm(gen)
	if err != nil {
		return r, false, err
	}
	m, ok := nearest(s.unused(confirmed), s.win.centre)
	if !ok {
		return r, false, nil
	}
	return s.accept(m), true, nil
}
