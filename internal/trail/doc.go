// Package trail is the trail: the exact bytes of an event, the hash chain that
// links them, and the check that a stored trail is whole.
//
// An event is written in the transaction that makes its change. The stored
// bytes are what is hashed, never a second rendering of them. Texts that may
// have to be forgotten one day (account, reason, ticket, approver) enter an
// event as a salted hash; text and salt lie beside it.
//
// One fold (fold.go, and tokenevents.go for tokens) goes over the events and says what
// everything was after each; verification, reports and the check of a single row all
// stand on it.
package trail
