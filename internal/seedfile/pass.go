package seedfile

import (
	"crypto/sha256"
	"fob/internal/fault"
	"hash"
	"io"
)

// Pass is one reading of a Source from its first byte to its last, which yields
// the SHA-256 of all of it. An import reads a file twice and compares.
type Pass struct {
	name  string
	in    io.ReadCloser
	hash  hash.Hash
	size  int64
	limit int64
}

// OpenPass begins a pass. The caller closes it.
func OpenPass(s Source) (*Pass, error) {
	in, err := s.Open()
	if err != nil {
		return nil, err
	}
	return &Pass{name: s.Name(), in: in, hash: sha256.New(), limit: MaxFileSize}, nil
}

// Read reads on. A file that grew beyond MaxFileSize while it is read is
// refused, and trouble in reading gets its place.
func (p *Pass) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.hash.Write(b[:n])
	p.size += int64(n)
	switch {
	case p.size > p.limit:
		return n, tooLarge(p.name)
	case err == nil || err == io.EOF:
		return n, err
	}
	return n, placed(err, "reading %q", p.name)
}

// Sum reads what is left, if a reader stopped early, and gives the SHA-256 of
// the whole file.
func (p *Pass) Sum() (sum [sha256.Size]byte, err error) {
	if _, err := io.Copy(io.Discard, p); err != nil {
		return sum, err
	}
	p.hash.Sum(sum[:0])
	return sum, nil
}

// Size is how many bytes were read so far.
func (p *Pass) Size() int64 { return p.size }

// Close ends the pass.
func (p *Pass) Close() error { return p.in.Close() }

// placed gives a foreign error its place; one of fob's own has it already.
func placed(err error, format string, args ...any) error {
	if _, ours := err.(*fault.Error); ours {
		return err
	}
	return fault.Wrap(fault.Internal, err, format, args...)
}
