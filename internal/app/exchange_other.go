//go:build !linux

package app

import "errors"

// overwrite is not done where names cannot be exchanged.
func overwrite(string, []byte) error { return errors.ErrUnsupported }

// exchange is not possible here.
func exchange(_, _ string) error { return errors.ErrUnsupported }
