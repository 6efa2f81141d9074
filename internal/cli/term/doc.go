// Package term holds what the commands of all groups share: the streams and the
// terminal, questions, tables, JSON and progress, the flags that recur, the exit
// codes, the wording of remedies, and the opening of a use case for one command.
// It leaves to the groups what a command does.
package term
