// Package app opens what the use cases need (store, key, clock, operator) and
// hands them out. The command line uses it, and so will a second front end: it
// knows nothing of flags or terminals.
package app
