// Package intake is how a file becomes a batch: it opens a seed file, settles what
// it does not say, judges its records by themselves and by the store, and stores
// the good ones under one batch; and it holds what is done to a batch as a whole
// afterwards: to correct, withdraw, quarantine and release it.
//
// What a file looks like is for seedfile, who gets a token for the desk.
package intake
