// Package store holds the queries of the use cases: plain SQL that SQLite and
// PostgreSQL share, with numbered parameters. It implements the interfaces of desk
// and report, and no other package asks the tables.
//
// What each database does in its own way stands behind Engine: package
// store/sqlite has one. Times are integers, Unix nanoseconds for instants and Unix
// seconds for the dates of a file; NULL stands for the zero time.
package store
