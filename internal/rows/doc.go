// Package rows makes rows out of delimited text, whatever a manufacturer, a
// spreadsheet or a mail gateway did to it: byte order marks, UTF-16, Windows-1252,
// commas, semicolons, tabs or blanks, quotes, any line ends, comments and blank
// lines; and out of the sheets of an Excel workbook, whose cells are told apart by
// what they hold. It serves seed files, lists of people, scanned serials and every
// --from file.
//
// It knows nothing of what the columns mean; that is the business of who asks.
// Rows may hold seeds, so no error ever quotes what a row says, only where it
// stands and what is wrong with it.
package rows
