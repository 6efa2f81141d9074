package detect

import "fob/internal/seedfile"

// detectIn is Detect in a pass of its own.
func detectIn(s seedfile.Source, o seedfile.Options) (seedfile.Format, string, error) {
	p, err := seedfile.OpenPass(s)
	if err != nil {
		return seedfile.Format{}, "", err
	}
	defer p.Close()
	return Detect(p, o)
}

// namedIn is Named in a pass of its own.
func namedIn(s seedfile.Source, name string, o seedfile.Options) (seedfile.Format, string, error) {
	p, err := seedfile.OpenPass(s)
	if err != nil {
		return seedfile.Format{}, "", err
	}
	defer p.Close()
	return Named(p, name, o)
}
