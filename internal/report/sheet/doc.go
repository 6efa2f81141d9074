// Package sheet turns rows into files: declared columns into cells, canonical CSV,
// JSON arrays, workbooks and archives, and back. It knows no token and no question: a
// column says how it is named, how wide it is and how its value is got from a row, and
// the same declaration serves terminal, CSV and workbook.
package sheet
