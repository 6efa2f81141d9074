package cli

import (
	"errors"
	"io"

	"fob/internal/cli/term"
)

// watched remembers the first error of writing, so that a line that nobody
// looked after is not lost in silence.
type watched struct {
	w   io.Writer
	err error
}

func (o *watched) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// verdict is the end of a run: where the output broke, this is the error, if the
// command had no other.
func (o *watched) verdict(err error) error {
	if o.err != nil && (err == nil || errors.Is(err, o.err)) {
		return term.OutputError(o.err)
	}
	return err
}
