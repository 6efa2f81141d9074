package custody

import (
	"golang.org/x/sys/unix"

	"fob/internal/fault"
)

// HardenProcess keeps the memory of this process out of core dumps and from
// the other processes of the same user, and the files that it makes to the user
// alone. Call it first thing, before any key is
// read. An error is of kind Internal.
//
// Both measures are needed: a core_pattern that pipes to a collector (systemd,
// apport) pays no heed to a limit of 0, and a program started from here
// inherits the limit but not the flag. Children keep the limit: Max is 0 too.
//
// Not promised: memory is not locked, so a key may reach unencrypted swap or a
// hibernation image; root and a debugger of the kernel read everything; and Go
// may leave copies that nobody can find to overwrite.
func HardenProcess() error {
	unix.Umask(0o077) // whatever makes a file, libraries too: it is the user's alone
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fault.Wrap(fault.Internal, err, "core dumps cannot be switched off (RLIMIT_CORE)")
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fault.Wrap(fault.Internal, err, "core dumps cannot be switched off (PR_SET_DUMPABLE)")
	}
	return nil
}
