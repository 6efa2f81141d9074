package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"fob/internal/token"
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
	switch token.KindOf(err) {
	case token.Usage:
		return exitUsage
	case token.Refused:
		return exitRefused
	case token.CodeRefused:
		return exitCode
	case token.NotFound:
		return exitNotFound
	case token.NotAllowed:
		return exitNotAllowed
	case token.Locked:
		return exitLocked
	case token.KeyTrouble:
		return exitKey
	case token.Integrity:
		return exitIntegrity
	case token.Interrupted:
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
	switch hint := token.HintOf(err); {
	case hint != "":
		return hint
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; nothing was replaced or half written"
	case errors.Is(err, fs.ErrPermission):
		return "this user is not allowed to: ask the owner of the file, or run fob as who is"
	}
	return ""
}
