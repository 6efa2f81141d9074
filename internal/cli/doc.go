// Package cli is the command line. It knows the global flags and which commands
// there are, by whom they are used, and it alone turns an error into text and an
// exit code. The commands are in the packages below it, one package a group; what
// they share is in cli/term.
package cli
