package seedfile

import (
	"errors"
	"io"

	"fob/internal/fault"
)

// ReadError puts an error met by a family's reader into the kind that Reader
// promises: io.EOF and fob's own errors stay, all else is trouble of the disk.
func ReadError(err error) error {
	var ours *fault.Error
	if err == nil || err == io.EOF || errors.As(err, &ours) {
		return err
	}
	return fault.Wrap(fault.Internal, err, "reading the file")
}
