package seedfile

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fob/internal/fault"
	"io"
	"os"
	"path/filepath"
)

// The spool's chunks are small enough to sit in memory and large enough that
// their tags do not count.
const (
	spoolChunk  = 64 << 10
	sealedChunk = spoolChunk + 16 // with the tag of GCM
)

// Spooled is a Source made of bytes that came only once: a pipe, or a member
// decrypted from a delivery. They lie in a temporary file, encrypted under a
// key that exists in memory only, so that neither a crash nor a copy of the
// disk gives the seeds away.
type Spooled struct {
	name   string
	file   *os.File
	path   string // to be removed by Close; empty when that is done
	aead   cipher.AEAD
	sealed int64 // size of the file
}

// Spool reads r to its end into a file in dir (the system's temporary folder
// when empty) and gives a Source of that name. The caller closes it. The key
// and the file's name come from random.
func Spool(r io.Reader, name, dir string, random io.Reader) (*Spooled, error) {
	aead, err := spoolKey(random)
	if err != nil {
		return nil, err
	}
	file, err := createSpool(dir, random)
	if err != nil {
		return nil, err
	}
	s := &Spooled{name: cleanName(name), file: file, path: file.Name(), aead: aead}
	s.unlink()
	if err := s.seal(r, MaxFileSize); err != nil {
		_ = s.Close() // the first error counts
		return nil, err
	}
	return s, nil
}

func spoolKey(random io.Reader) (cipher.AEAD, error) {
	key := make([]byte, 32)
	defer clear(key)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a key for the spool")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a key for the spool")
	}
	return cipher.NewGCM(block)
}

// createSpool makes a file that did not exist and that nobody else can read.
func createSpool(dir string, random io.Reader) (*os.File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	var tail [8]byte
	if _, err := io.ReadFull(random, tail[:]); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "naming the spool")
	}
	path := filepath.Join(dir, "fob-spool-"+hex.EncodeToString(tail[:]))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a spool for what comes from a pipe")
	}
	return file, nil
}

// unlink removes the file's name while it stays open, so that nothing is left
// whatever happens to the process. Where the system forbids it (Windows), Close
// does it.
func (s *Spooled) unlink() {
	if s.path != "" && os.Remove(s.path) == nil {
		s.path = ""
	}
}

// nonce numbers the chunks and marks the last. The key is used for one file
// only, so no nonce comes twice; a chunk that is moved, missing or called the
// last though it is not does not open.
func nonce(chunk int64, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint64(n, uint64(chunk))
	if last {
		n[11] = 1
	}
	return n
}

// seal encrypts all of r, up to a limit in bytes. Every chunk is full but the last, which may be empty:
// this is how a reader knows it.
func (s *Spooled) seal(r io.Reader, limit int64) error {
	plain := make([]byte, spoolChunk, sealedChunk)
	defer clear(plain[:sealedChunk])
	var size int64
	for chunk := int64(0); ; chunk++ {
		n, err := io.ReadFull(ownEnd{r}, plain)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return placed(err, "reading %q", s.name)
		}
		if size += int64(n); size > limit {
			return tooLarge(s.name)
		}
		sealed := s.aead.Seal(plain[:0], nonce(chunk, last), plain[:n], nil)
		if _, err := s.file.Write(sealed); err != nil {
			return fault.Wrap(fault.Internal, err, "spooling %q", s.name).WithHint("is there room in %s?", filepath.Dir(s.file.Name()))
		}
		s.sealed += int64(len(sealed))
		if last {
			break
		}
	}
	if size == 0 {
		return fault.Errorf(fault.Refused, "%q is empty", s.name).WithHint("look at what the command in front of the pipe says")
	}
	return nil
}

// ownEnd keeps a reader's own io.ErrUnexpectedEOF, the cry of one that was cut,
// apart from that of io.ReadFull, which is an ordinary end.
type ownEnd struct{ r io.Reader }

func (o ownEnd) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = errors.New("it was cut")
	}
	return n, err
}

// Name is the name given to Spool.
func (s *Spooled) Name() string { return s.name }

// Size is about how many bytes were spooled: the seals of the chunks count.
func (s *Spooled) Size() int64 { return s.sealed }

// Open begins to read. Several readers may be open at once.
func (s *Spooled) Open() (io.ReadCloser, error) {
	if s.file == nil {
		return nil, fault.Errorf(fault.Internal, "the spool of %q is closed", s.name)
	}
	return &spoolReader{
		name: s.name,
		src:  io.NewSectionReader(s.file, 0, s.sealed),
		aead: s.aead,
		buf:  make([]byte, sealedChunk),
	}, nil
}

// Close removes the file. Without the key, which is forgotten too, nothing in
// it could be read anyway.
func (s *Spooled) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.aead = nil, nil
	s.unlink()
	if err != nil {
		return fault.Wrap(fault.Internal, err, "closing the spool of %q", s.name)
	}
	return nil
}

// spoolReader opens the chunks one by one.
type spoolReader struct {
	name  string
	src   io.Reader
	aead  cipher.AEAD
	chunk int64
	buf   []byte
	plain []byte // of buf, not yet handed out
	err   error  // once plain is used up
}

func (r *spoolReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.plain) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

// next opens one chunk. A short one must be the last, and the file must not end
// without it.
func (r *spoolReader) next() {
	n, err := io.ReadFull(r.src, r.buf)
	last := err == io.ErrUnexpectedEOF
	if err != nil && !last {
		r.err = r.damaged(err)
		return
	}
	r.plain, err = r.aead.Open(r.buf[:0], nonce(r.chunk, last), r.buf[:n], nil)
	r.chunk++
	if last {
		r.err = io.EOF
	}
	if err != nil {
		r.plain, r.err = nil, r.damaged(err)
	}
}

func (r *spoolReader) damaged(err error) error {
	if err == io.EOF {
		err = errors.New("its end is missing")
	}
	return fault.Wrap(fault.Internal, err, "the spool of %q is damaged", r.name).WithHint("run the command again")
}

// Close clears what was decrypted.
func (r *spoolReader) Close() error {
	clear(r.buf)
	r.plain, r.err = nil, os.ErrClosed
	return nil
}
