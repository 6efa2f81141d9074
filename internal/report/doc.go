// Package report holds the read models: what list, show, batch and export
// show of the store, and the writers of workbook, CSV and JSON. It owns the
// interface that it needs of the store, decrypts nothing and changes nothing.
package report
