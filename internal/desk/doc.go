// Package desk holds the use cases of fob: import, bind, check and what
// follows them. Each one that changes something is one transaction and one
// audit event. The package owns the interfaces that it needs of the store and
// of custody; it knows nothing of SQL, of files' dialects or of terminals, so
// that a web page can stand on it as the command line does.
package desk
