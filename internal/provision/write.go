package provision

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/provision/targets"
	"fob/internal/token"
	"fob/internal/trail"
)

// part is one file while it is written.
type part struct {
	name   string // its path
	given  int    // tokens that go into it
	tokens int    // that are in it
	seeds  bool
	about  string
	is     string // see targets.Group

	file   File
	sum    hash.Hash
	buffer *bufio.Writer  // what the form writes
	seal   io.WriteCloser // nil: nothing is encrypted here
	outer  *bufio.Writer  // what is encrypted goes through it
	form   targets.Form
}

// placed is a token and the file that it goes into.
type placed struct {
	c    *Candidate
	i    *targets.Item
	f    *part
	text []byte // its form; it holds the seed
	err  error
}

// write reads the tokens again. Their seeds are opened, and put into the target's form,
// on all cores; they are written in order.
func (d *delivering) write(ctx context.Context, r Reader, keys desk.Keyring) error {
	beside, err := d.begin()
	if err != nil {
		return err
	}
	done := 0
	for p, err := range trail.Parallel(d.placing(ctx, r), func(p placed) placed { return p.render(keys) }) {
		if err == nil {
			err = p.err
		}
		if err == nil {
			err = p.add(beside)
		}
		if err != nil {
			return d.failed(p.f, err)
		}
		if done++; d.req.Progress != nil && done%1000 == 0 {
			d.req.Progress(done, d.out.Tokens)
		}
	}
	for _, f := range d.files {
		if err := d.finish(f); err != nil {
			return err
		}
	}
	if done != d.out.Tokens {
		return fault.Errorf(fault.Internal, "%d tokens were checked and %d written", d.out.Tokens, done)
	}
	return nil
}

// begin looks whether all names are free, and begins what is written beside.
func (d *delivering) begin() (beside *part, err error) {
	several := 0
	for _, g := range d.groups {
		several += d.filesOf(g)
	}
	if d.single = several == 1; !d.single && d.req.Name == Standard {
		return nil, fault.Errorf(fault.Usage, "these tokens go into %d files, and the standard output is one", several).
			WithHint("name a file, which gives all of them their names; or choose tokens of one kind")
	}
	for _, g := range d.groups {
		for n := range d.filesOf(g) {
			if err := d.req.Output.Check(d.nameOf(g, n+1)); err != nil {
				return nil, err
			}
		}
	}
	b := d.req.Target.Beside
	if b == nil || d.req.Name == Standard || b.Owned && d.owned == 0 {
		return nil, nil
	}
	name := partName(d.req.Name, b.Name, b.Ending, true)
	if err := d.req.Output.Check(name); err != nil {
		return nil, err
	}
	f, err := d.open(name, false)
	if err == nil {
		f.about, f.form = b.About, b.Open(f.buffer, &d.req.Options)
	}
	return f, err
}

func (d *delivering) filesOf(g *group) int {
	if rows := d.req.Target.Rows; rows > 0 {
		return (g.tokens + rows - 1) / rows
	}
	return 1
}

// nameOf is the name of the nth file of a group.
func (d *delivering) nameOf(g *group, n int) string {
	if d.single {
		return d.req.Name
	}
	tag := g.Name
	if d.filesOf(g) > 1 {
		tag = strings.TrimPrefix(fmt.Sprintf("%s-%d", tag, n), "-")
	}
	return partName(d.req.Name, tag, g.Ending, false)
}

// Standard is the name of the standard output.
const Standard = "-"

// partName puts a tag before the ending of a name, duo.csv.age: duo-totp6.csv.age.
// bare leaves out what tells of encryption.
func partName(name, tag, ending string, bare bool) string {
	dir, base := filepath.Split(name)
	stem, endings, _ := strings.Cut(base, ".")
	if tag != "" {
		stem += "-" + tag
	}
	first, rest, _ := strings.Cut(endings, ".")
	if ending == "" && first != "" {
		ending = "." + first
	}
	if rest != "" && !bare {
		ending += "." + rest
	}
	return dir + stem + ending
}

// open begins a file.
func (d *delivering) open(name string, seeds bool) (f *part, err error) {
	f = &part{name: name, seeds: seeds, sum: sha256.New()}
	if f.file, err = d.req.Output.Begin(name); err != nil {
		return nil, err
	}
	d.files = append(d.files, f)
	f.buffer = bufio.NewWriterSize(io.MultiWriter(f.file, f.sum), 64<<10)
	if !seeds || d.req.Sealer == nil {
		return f, nil
	}
	f.outer = f.buffer
	if f.seal, err = d.req.Sealer.Seal(f.outer); err != nil {
		return nil, err
	}
	f.buffer = bufio.NewWriterSize(f.seal, 64<<10)
	return f, nil
}

// placing says of each token which file it goes into, and begins that.
func (d *delivering) placing(ctx context.Context, r Reader) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		for c, err := range r.Sealed(d.ids) {
			p := placed{c: c}
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = d.fileOf(&p)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func (d *delivering) fileOf(p *placed) error {
	p.i = d.item(p.c)
	g := d.groups[d.req.Target.GroupOf(p.i, &d.req.Options).Name]
	if rows := d.req.Target.Rows; g.open == nil || rows > 0 && g.open.given == rows {
		g.begun++
		f, err := d.open(d.nameOf(g, g.begun), true)
		if err != nil {
			return err
		}
		f.is = g.Is
		if f.form, err = g.Form(f.buffer, &d.req.Options); err != nil {
			return d.failed(f, err)
		}
		g.open = f
	}
	p.f = g.open
	p.f.given++
	p.i.N = p.f.given
	return nil
}

// rowSize is what the form of a token mostly takes.
const rowSize = 128

// render opens a token's seed and puts it into the form of its file.
func (p placed) render(keys desk.Keyring) placed {
	if p.i.Seed, p.err = openSeed(keys, p.c); p.err == nil {
		p.text, p.err = p.f.form.Render(make([]byte, 0, rowSize), p.i)
		p.i.Seed.Clear()
	}
	return p
}

// add writes one token, and overwrites what held its seed.
func (p *placed) add(beside *part) error {
	err := p.f.form.Write(p.i, p.text)
	clear(p.text)
	p.f.tokens++
	if beside != nil && err == nil {
		beside.tokens++
		var row []byte
		if row, err = beside.form.Render(nil, p.i); err == nil {
			err = beside.form.Write(p.i, row)
		}
	}
	return err
}

// openSeed opens a seed that is the one that was imported.
func openSeed(keys desk.Keyring, c *Candidate) (token.Seed, error) {
	seed, err := keys.Open(c.Of, c.Sealed)
	if err == nil && keys.Fingerprint(seed) != c.Fingerprint {
		seed.Clear()
		return token.Seed{}, desk.OldSeed(c.Serial)
	}
	return seed, err
}

// finish ends a file and has it on the disk.
func (d *delivering) finish(f *part) error {
	err := f.form.Close()
	if err == nil {
		err = f.buffer.Flush()
	}
	if f.seal != nil {
		err = errors.Join(err, f.seal.Close())
	}
	if err == nil && f.seal != nil {
		err = f.outer.Flush()
	}
	if err == nil {
		err = f.file.Finish()
	}
	if err != nil {
		return d.failed(f, err)
	}
	encrypted := "no"
	switch {
	case f.seal != nil:
		encrypted = "recipients"
	case f.seeds && d.req.Options.Protect != nil:
		encrypted = "key"
	}
	d.out.Files = append(d.out.Files, WrittenFile{File: f.name, Tokens: f.tokens, SHA256: hex.EncodeToString(f.sum.Sum(nil)), Seeds: f.seeds, Encrypted: encrypted, Form: f.is, About: f.about})
	slices.SortFunc(d.out.Files, func(a, b WrittenFile) int { return strings.Compare(a.File, b.File) })
	return nil
}

func (d *delivering) failed(f *part, err error) error {
	if err == nil || f == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.Wrap(fault.Internal, err, "writing %s", f.name)
}

// place gives the files their names, now that the trail has them.
func (d *delivering) place() error {
	files := d.files
	d.files = nil
	var all error
	for _, f := range files {
		all = errors.Join(all, f.file.Place())
	}
	return all
}

// discard removes what was not placed.
func (d *delivering) discard() {
	for _, f := range d.files {
		f.file.Discard()
	}
	d.files = nil
}
