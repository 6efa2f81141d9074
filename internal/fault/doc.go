// Package fault holds the kinds of errors and what a person can do about them.
//
// Rooms below the front ends know no command and no flag. An error carries its
// kind, its words and a remedy as data: an Action with its object ("resync
// 2600412300001"), a Field ("the ticket"). A front end renders them with its
// Wording: the command line as `fob resync 2600412300001` and --ticket, a page as
// a link and a label. Warnings and summaries that name what to do are Texts too.
//
// It imports nothing of fob and does no I/O.
package fault
