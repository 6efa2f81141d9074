package term

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"fob/internal/fault"
)

// The exit codes of the contract. Numbers are never reused.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitRefused     = 3
	ExitCode        = 4
	ExitNotFound    = 5
	ExitNotAllowed  = 6
	ExitLocked      = 7
	ExitKey         = 8
	ExitIntegrity   = 9
	ExitInterrupted = 130
)

var ExitMeanings = []struct {
	Code    int
	Meaning string
}{
	{ExitDone, "done"},
	{ExitFailed, "failed for a reason outside the request (disk, database)"},
	{ExitUsage, "the command line is wrong"},
	{ExitRefused, "a file, or records or rows in it, refused; or a flag is needed that the message names"},
	{ExitCode, "code refused"},
	{ExitNotFound, "no such token, account or batch"},
	{ExitNotAllowed, "not allowed in this state, by policy, by your no, or in conflict with what is stored"},
	{ExitLocked, "locked after failed attempts"},
	{ExitKey, "key or passphrase missing or wrong"},
	{ExitIntegrity, "integrity check failed"},
	{ExitInterrupted, "interrupted: nothing half done; what had been completed is named"},
}

// ExitOf turns an error into the exit code.
func ExitOf(err error) int {
	if err == nil {
		return ExitDone
	}
	if errors.Is(err, context.Canceled) {
		return ExitInterrupted
	}
	switch fault.KindOf(err) {
	case fault.Usage:
		return ExitUsage
	case fault.Refused:
		return ExitRefused
	case fault.CodeRefused:
		return ExitCode
	case fault.NotFound:
		return ExitNotFound
	case fault.NotAllowed:
		return ExitNotAllowed
	case fault.Locked:
		return ExitLocked
	case fault.KeyTrouble:
		return ExitKey
	case fault.Integrity:
		return ExitIntegrity
	case fault.Interrupted:
		return ExitInterrupted
	}
	return ExitFailed
}

// NextStep is what a person can do about an error: what it says itself, else
// what its cause in the system suggests.
func NextStep(err error) string {
	switch advice := fault.AdviceOf(err); {
	case !advice.IsZero():
		return advice.In(Wording{})
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; nothing was replaced or half written"
	case errors.Is(err, fs.ErrPermission):
		return "this user is not allowed to: ask the owner of the file, or run fob as who is"
	}
	return ""
}
