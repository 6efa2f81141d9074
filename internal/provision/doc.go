// Package provision is the only way out for seeds: it hands chosen tokens to a system
// that verifies logins, in the form that the system reads.
//
// A delivery is checked before a byte is written: targets says of every token what
// the target cannot hold. Then the tokens are read a second time, in the same state
// of the store; one seed at a time is opened, written and cleared. What is written is
// encrypted, unless the operator spells out that it is not. The files lie beside
// their names until the event is committed that tells of them: they appear whole, and
// never without an event.
//
// Who got which seed is remembered, so that a token that is lost or comes back leaves
// an open task for every verifier that can still let it in (verifiers.go), and is held
// against what a verifier itself says of its tokens (reconcile.go).
package provision
