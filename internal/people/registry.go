// Package people knows whom tokens may be given to: it reads lists of people as HR
// and directories write them, compares them with the accounts that are stored, takes
// them in, deals with the tokens of those who left, and erases a person who has the
// right to it. What becomes of a token in that is package desk's.
package people

import "fob/internal/desk"

// Registry is where the use cases about people are called. Tokens are moved, and
// events written, by the desk of the same store.
type Registry struct {
	Store Store
	Desk  *desk.Desk
}
