package seedfile

import (
	"crypto/x509"
	"iter"

	"fob/internal/fault"
)

// Keys are what the operator named for a delivery, as far as readers of what is
// encrypted or signed inside a file use it. What they hand out stays theirs.
type Keys interface {
	// KeyFiles gives the contents of the key files by their names.
	KeyFiles() iter.Seq2[string, []byte]
	// Unlock tries every passphrase until one fits, then asks for one, what being
	// what it is for. It reports whether one fitted and whether there was any. An
	// error of try is final.
	Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error)
	// Derived keeps what a slow derivation gave under a name: a file is read more
	// than once.
	Derived(id string, derive func() ([]byte, error)) ([]byte, error)
	// Certificate is the one that must have signed what is inside; nil: none.
	Certificate() *x509.Certificate
}

// Needing is a Reader that tells, once Next has returned io.EOF, which fields it
// would have asked for if Options.Blind were not set.
type Needing interface{ Needs() []fault.Field }

// Wrapping is a Reader that tells what it undid round the records, such as a
// signature, in the words of Delivery.Layers.
type Wrapping interface{ Wrapped() []string }
