// Package stocktake holds the labels that somebody scanned at a place against the
// records. scans.go reads what a reader or a spreadsheet wrote, count.go says of each
// label and of each token that must lie there what is not as the records say. It
// changes nothing: the desk moves in the records what is to be moved.
package stocktake
