// Package report holds the read models: what list, show, batch and export show of the
// store. models.go has their fields; report/export has the columns and writers of
// workbook, CSV and JSON, report/sheet the workbook itself, report/past the store as it
// was. It owns the interface that it needs of the store, decrypts nothing and changes
// nothing.
package report
