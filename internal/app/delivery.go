package app

import (
	"context"
	"io"
	"slices"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/delivery"
)

// Keys names the files that open deliveries, and whose signature they need.
type Keys struct {
	KeyFiles, PassphraseFiles []string
	SignedBy                  string
}

// Member is one file of a delivery, ready to be read.
type Member struct {
	Source seedfile.Source
	// Wrapped names what was undone round it, from the outside in.
	Wrapped []string
	// Notes are remarks for the operator.
	Notes []fault.Text
	// Keys are for what is encrypted or signed inside.
	Keys seedfile.Keys
}

// Deliveries undoes what is wrapped round seed files: archives, encryption,
// compression.
type Deliveries struct {
	opener delivery.Opener
	keys   *delivery.Keys
	notes  []fault.Text // on the key files, until somebody is told
}

// Deliveries reads the key files, each once: one may be a pipe. The caller
// closes what it gets.
func (c Config) Deliveries(k Keys) (*Deliveries, error) {
	given := delivery.Given{KeyFiles: k.KeyFiles, PassphraseFiles: k.PassphraseFiles, SignedBy: k.SignedBy}
	if c.Prompter != nil {
		given.Prompt = c.Prompter.Secret
	}
	keys, notes, err := given.Read()
	if err != nil {
		return nil, err
	}
	spool := func(r io.Reader, name string) (delivery.Spooled, error) {
		s, err := seedfile.Spool(r, name, "", c.Random)
		if err != nil {
			return nil, err // not a nil *Spooled, which would be no nil
		}
		return s, nil
	}
	return &Deliveries{delivery.Opener{Keys: keys, Spool: spool, Now: c.Now}, keys, seedfile.Notes(notes...)}, nil
}

// Open undoes what is wrapped round one file; a plain file is its own only
// member. Nothing of it is written in the clear. done removes what was unpacked.
func (d *Deliveries) Open(ctx context.Context, src seedfile.Source) (members []Member, done func(), err error) {
	opened, err := d.opener.Open(ctx, src)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range opened.Members {
		members = append(members, Member{m.Source, append([]string{}, m.Layers...), slices.Concat(d.notes, m.Notes), d.keys})
		d.notes = nil
	}
	return members, func() { _ = opened.Close() }, nil // what is left in the spool needs a key that is gone
}

// Close forgets the keys.
func (d *Deliveries) Close() { d.keys.Clear() }
