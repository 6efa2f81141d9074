//go:build !unix

package main

import "os"

// peakMB: this system does not tell.
func peakMB(*os.ProcessState) float64 { return 0 }

// ownPeakMB: nor of itself.
func ownPeakMB() float64 { return 0 }
