// Package targets knows the systems that verify logins: what each of them can
// hold of a token, and in which form it reads it. A target is one row of the table
// in table.go; one whose form is more than a row of text has a writer of its own.
//
// The check comes before a byte is written: Misfits says of a token what a target
// cannot hold, and Remarks what it will not follow. Forms get seeds handed in, decide
// nothing, and keep nothing.
//
// Where the facts come from stands in each row. They are checked by the real
// programs where those run on a computer without a network; Tested says which.
package targets
