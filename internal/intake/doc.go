// Package intake is how a file becomes a batch, and what is done to a batch as a
// whole afterwards: to correct, withdraw, quarantine and release it.
//
// An import goes through its file twice. The first reading settles everything that
// needs no store: the encoding of the seeds, what only the operator can say (one
// question with all of it), which records are invalid, which serials and seeds the
// file repeats. The second reading judges each record by the store and stores the
// good ones; it must show the same SHA-256. A record is one entry all the way.
//
// What a file looks like is for seedfile, who may get a token for the desk. It
// owns the interface that it needs of a store, and knows no front end.
package intake
