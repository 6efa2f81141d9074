package cli

import (
	"context"
	"errors"
	"fmt"
	"fob/internal/fault"
	"io/fs"
	"strings"
	"syscall"
)

// The exit codes of the contract. Numbers are never reused.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitCode        = 4
	exitNotFound    = 5
	exitNotAllowed  = 6
	exitLocked      = 7
	exitKey         = 8
	exitIntegrity   = 9
	exitInterrupted = 130
)

var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitDone, "done"},
	{exitFailed, "failed for a reason outside the request (disk, database)"},
	{exitUsage, "the command line is wrong"},
	{exitRefused, "a file, or records or rows in it, refused; or a flag is needed that the message names"},
	{exitCode, "code refused"},
	{exitNotFound, "no such token, account or batch"},
	{exitNotAllowed, "not allowed in this state, by policy, by your no, or in conflict with what is stored"},
	{exitLocked, "locked after failed attempts"},
	{exitKey, "key or passphrase missing or wrong"},
	{exitIntegrity, "integrity check failed"},
	{exitInterrupted, "interrupted: nothing half done; what had been completed is named"},
}

// exitOf turns an error into the exit code.
func exitOf(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	switch fault.KindOf(err) {
	case fault.Usage:
		return exitUsage
	case fault.Refused:
		return exitRefused
	case fault.CodeRefused:
		return exitCode
	case fault.NotFound:
		return exitNotFound
	case fault.NotAllowed:
		return exitNotAllowed
	case fault.Locked:
		return exitLocked
	case fault.KeyTrouble:
		return exitKey
	case fault.Integrity:
		return exitIntegrity
	case fault.Interrupted:
		return exitInterrupted
	}
	return exitFailed
}

func exitCodesHelp() string {
	var b strings.Builder
	b.WriteString("fob's exit codes:\n\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.meaning)
	}
	return b.String()
}

// nextStep is what a person can do about an error: what it says itself, else
// what its cause in the system suggests.
func nextStep(err error) string {
	switch advice := fault.AdviceOf(err); {
	case !advice.IsZero():
		return advice.In(wording{})
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; nothing was replaced or half written"
	case errors.Is(err, fs.ErrPermission):
		return "this user is not allowed to: ask the owner of the file, or run fob as who is"
	}
	return ""
}
