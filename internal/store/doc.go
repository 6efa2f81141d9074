// Package store keeps everything in SQLite: migrations, transactions, queries.
// It implements the interfaces of inventory and report, and it is the only
// package that knows SQL.
//
// Writers queue at a turnstile of two file locks beside the database, so that
// a long import and a short bind take turns; readers never wait. Times are
// bound as integers, queries keep to what PostgreSQL shares.
package store
