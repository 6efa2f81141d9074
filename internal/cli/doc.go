// Package cli is the command line: cobra commands, one file each. A command
// reads its flags, calls one use case and prints the result; streams, tables,
// prompts, progress and exit codes are here and nowhere below.
package cli
