// Package store holds the queries of the use cases: plain SQL that SQLite and
// PostgreSQL share, with numbered parameters. It implements the interfaces that desk,
// intake, people, provision and report own, and no other package asks the tables.
// tokens.go reads one token, tokenlist.go lists of them, filter.go has their WHERE.
//
// What each database does in its own way stands behind Engine: packages store/sqlite
// and store/postgres. Times are integers, Unix nanoseconds for instants and Unix
// seconds for the dates of a file; NULL stands for the zero time.
package store
