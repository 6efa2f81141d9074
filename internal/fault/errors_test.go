package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"fob/internal/fault"
)

// What was joined is told in one line, each once, in the front end's words.
func TestMessageOfJoinedErrors(t *testing.T) {
	full := fault.Errorf(fault.Internal, "the disk is full; say it with %s", fault.Ticket)
	other := errors.New("closing failed")
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.Join(full, other, full), "the disk is full; say it with ticket; closing failed"},
		{errors.Join(errors.Join(full, full), full), "the disk is full; say it with ticket"},
		{fault.Wrap(fault.Internal, errors.Join(other, full), "writing"), "writing: closing failed; the disk is full; say it with ticket"},
		{fmt.Errorf("%w, and %w", other, full), "closing failed, and " + full.Error()},
	} {
		if got := fault.MessageIn(c.err, fault.Plain); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
