//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMB is the most memory a finished process had resident, in 10^6 bytes. A
// process is credited with what its parent had when it started it, so figures up to
// ownPeakMB are those of this tool.
func peakMB(p *os.ProcessState) float64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return megabytes(u)
}

// ownPeakMB is that of this process so far.
func ownPeakMB() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return megabytes(&u)
}

func megabytes(u *syscall.Rusage) float64 {
	bytes := float64(u.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		bytes *= 1024 // only there it is counted in bytes
	}
	return bytes / 1e6
}
