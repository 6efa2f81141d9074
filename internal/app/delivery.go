package app

import (
	"context"
	"io"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/delivery"
	"fob/internal/seedfile/detect"
	"fob/internal/seedfile/table"
	"fob/internal/seedfile/xlsx"
	"fob/internal/token"
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

// FindFormat returns the format of that name, or finds it from the content when
// no name is given; why tells by what. Columns that are named leave nothing to
// find.
func FindFormat(src seedfile.Source, name string, o seedfile.Options) (f seedfile.Format, why string, err error) {
	pass, err := seedfile.OpenPass(src)
	if err != nil {
		return f, "", err
	}
	defer pass.Close()
	switch {
	case o.Columns != "" && name != "" && name != columns.Name && name != xlsx.Name:
		return f, "", fault.Errorf(fault.Usage, "%s is for %s, not for %s, whose columns are known", fault.Columns, fault.Format.Is(columns.Name), name)
	case name == "" && o.Columns == "":
		if f, why, err = detect.Detect(pass, o); fault.KindOf(err) == fault.Refused && err != nil && isPeople(src) {
			err = fault.Errorf(fault.Refused, "%q has no seeds: it looks like a list of people", src.Name()).
				WithHint("%s takes it in", fault.Do(token.CmdAccountImport, src.Name()))
		}
	default:
		f, why, err = detect.Named(pass, name, o)
	}
	if err == nil && !f.Signs && o.Keys != nil && o.Keys.Certificate() != nil {
		err = fault.Errorf(fault.Refused, "%q is in the format %s, which has no signatures by certificate, and %s demands one", src.Name(), f.Name, fault.SignedBy).
			WithHint("ask the supplier what is signed: an OpenPGP delivery is verified by their public key")
	}
	return f, why, err
}

// isPeople reports whether a file that is no seed file reads as a list of people, and not
// as one of tokens with their accounts.
func isPeople(src seedfile.Source) bool {
	in, err := src.Open()
	if err != nil {
		return false
	}
	defer in.Close()
	list, err := people.ReadList(src.Name(), in, people.ListOptions{})
	return err == nil && len(list.People) > 0 && !slices.ContainsFunc(list.Columns, func(c people.Column) bool {
		name := rows.Name([]byte(c.Name))
		of, known := table.Names()[name]
		return strings.Contains(name, "serial") || known && (of == table.Serial || of == table.Seed)
	})
}

// SeedFormat is the format of the seed file that lies at a path; empty: of any other file.
func SeedFormat(path string) string {
	src, err := seedfile.FileSource(path)
	if err != nil {
		return ""
	}
	f, _, err := FindFormat(src, "", seedfile.Options{})
	if err != nil {
		return ""
	}
	return f.Name
}

// Formats lists the formats that fob reads.
func Formats() []seedfile.Format { return detect.Formats() }

// FormatNames lists what --format takes.
func FormatNames() []string {
	var names []string
	for _, f := range detect.Formats() {
		names = append(names, f.Name)
	}
	return names
}
