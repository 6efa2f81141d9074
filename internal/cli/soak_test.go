//go:build soak

package cli

// diskSizes is on how many sizes of a full disk an import is tried.
const diskSizes = 50
