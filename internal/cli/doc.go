// Package cli is the command line. It knows the global flags and which commands
// there are, and by whom they are used. The commands are in the packages below it, one
// package a group; what they share is in cli/term, which also turns an error into text
// and an exit code.
package cli
