package seedfile

import (
	"errors"
	"io"

	"fob/internal/token"
)

// ReadError gives an error met by a family's reader the kind that Reader
// promises: io.EOF and fob's own errors stay, an error that calls itself
// Malformed (as those of package rows do) is Refused with its hint, all else is
// trouble of the disk.
func ReadError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var ours *token.Error
	if errors.As(err, &ours) {
		return err
	}
	var text interface {
		error
		Malformed() bool
		Hint() string
	}
	if errors.As(err, &text) && text.Malformed() {
		return &token.Error{Kind: token.Refused, Msg: text.Error(), Hint: text.Hint()}
	}
	return token.Wrap(token.Internal, err, "reading the file")
}
