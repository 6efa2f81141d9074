package seedfile

import (
	"errors"
	"fob/internal/fault"
	"io"
)

// ReadError gives an error met by a family's reader the kind that Reader
// promises: io.EOF and fob's own errors stay, an error that calls itself
// Malformed (as those of package rows do) is Refused with its hint, all else is
// trouble of the disk.
func ReadError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var ours *fault.Error
	if errors.As(err, &ours) {
		return err
	}
	var text interface {
		error
		Malformed() bool
		Hint() string
	}
	if errors.As(err, &text) && text.Malformed() {
		return fault.Errorf(fault.Refused, "%s", text.Error()).WithHint("%s", text.Hint())
	}
	return fault.Wrap(fault.Internal, err, "reading the file")
}
