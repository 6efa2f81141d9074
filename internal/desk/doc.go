// Package desk holds the use cases about tokens and whom they belong to: bind, check,
// assign, replace, lose and what follows. attempt.go has what stands against codes,
// accept.go what right ones change (state, binding, event), lifecycle.go the moves
// without a code, movemany.go many of them at once. Each use case that changes something
// is one transaction and one audit event. The package owns the interfaces that it needs
// of the store and of custody; it knows nothing of SQL, of files' dialects or of
// terminals, so that a web page can stand on it as the command line does.
package desk
