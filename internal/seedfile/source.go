package seedfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/spool"
)

// Source is a seed file that can be opened more than once and returns the same
// bytes each time, or an error. Name is for messages and the batch: a base
// name, never a path.
type Source interface {
	Name() string
	Open() (io.ReadCloser, error)
}

// ReaderAtCloser is a file that is read at any place.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}

// RandomSource is a Source that can be read at any place, as an archive with its
// directory at the end has to be. Files on disk and spools are.
type RandomSource interface {
	Source
	// OpenAt returns the bytes and how many there are.
	OpenAt() (ReaderAtCloser, int64, error)
}

// SizeOf is how many bytes a source has, as far as it tells; else 0. It is for
// showing how far the work is.
func SizeOf(s Source) int64 {
	if sized, ok := s.(interface{ Size() int64 }); ok {
		return sized.Size()
	}
	return 0
}

// ErrStream is in the error of FileSource for a pipe or device, which can be
// read only once: such a file has to be spooled.
var ErrStream = errors.New("a pipe or device, which can be read only once")

// FileSource is a seed file on disk. It must be a regular file with something
// in it; that it stays the same is for the reader to check, by its SHA-256.
func FileSource(path string) (Source, error) {
	info, err := os.Stat(path)
	if err := checkFile(path, info, err); err != nil {
		return nil, err
	}
	return diskFile(path), nil
}

// diskFile is the path of a seed file.
type diskFile string

func (f diskFile) Name() string { return cleanName(filepath.Base(string(f))) }

func (f diskFile) Open() (io.ReadCloser, error) {
	in, _, err := f.OpenAt()
	if err != nil {
		return nil, err
	}
	return in.(*os.File), nil
}

// OpenAt opens the file and tells its size.
func (f diskFile) OpenAt() (ReaderAtCloser, int64, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, 0, checkFile(string(f), nil, err)
	}
	info, err := file.Stat()
	if err := checkFile(string(f), info, err); err != nil {
		_ = file.Close() // it was only looked at
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Size is how many bytes the file has now; 0 when it is not there.
func (f diskFile) Size() int64 {
	info, err := os.Stat(string(f))
	if err != nil {
		return 0
	}
	return info.Size()
}

// cleanName makes text of a file's name, which on Unix may be any bytes: it is
// kept with the batch and in the trail, which hold text only, and shown on
// terminals, which obey control characters.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(name, string(unicode.ReplacementChar)))
}

// checkFile refuses what cannot be a seed file on disk, and says of one that could
// not be opened whether the request or the disk is at fault.
func checkFile(path string, info fs.FileInfo, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Errorf(fault.Refused, "there is no file %q", path).WithHint("check the name and the folder")
	case errors.Is(err, fs.ErrPermission):
		return fault.Errorf(fault.Refused, "%q may not be read by this user", path).WithHint("ask its owner, or run fob as who may read it")
	case err != nil:
		var inner *fs.PathError // the system's error repeats the path, its cause does not
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return fault.Wrap(fault.Internal, err, "reading %q", path)
	case info.IsDir():
		return fault.Errorf(fault.Refused, "%q is a directory", path).WithHint("name the files in it")
	case !info.Mode().IsRegular():
		return fault.Wrap(fault.Refused, ErrStream, "%q", path).WithHint("hand it over on standard input: %s < FILE", fault.Do("import", "-"))
	case info.Size() == 0:
		return fault.Errorf(fault.Refused, "%q is empty", path).WithHint("fetch the delivery again; nothing was changed")
	case info.Size() > MaxFileSize:
		return tooLarge(path)
	}
	return nil
}

// IsLitter reports whether a file is what macOS and Windows put beside others, in a
// folder as in an archive.
func IsLitter(path string) bool {
	base := strings.ToLower(path[strings.LastIndexAny(path, `/\\`)+1:])
	return base == ".ds_store" || base == "thumbs.db" || base == "desktop.ini" || base == "ehthumbs.db" ||
		strings.HasPrefix(path, "__MACOSX/") || strings.HasPrefix(base, "._")
}

func tooLarge(name string) *fault.Error {
	return fault.Errorf(fault.Refused, "%q has more than %d GiB, the limit for a seed file", name, MaxFileSize>>30).
		WithHint("is this a seed file? A larger delivery has to come in parts")
}

// Spooled is a Source made of bytes that came only once: a pipe, or a member
// decrypted from a delivery.
type Spooled struct {
	name string
	file *spool.File // nil: closed
}

// Spool reads r to its end into a spool in dir (the system's temporary folder
// when empty) and returns a Source of that name. The caller closes it.
func Spool(r io.Reader, name, dir string, random io.Reader) (*Spooled, error) {
	file, err := spool.New(dir, random)
	if err != nil {
		return nil, err
	}
	s := &Spooled{cleanName(name), file}
	if err := s.fill(r, MaxFileSize); err != nil {
		_ = s.Close() // the first error counts
		return nil, err
	}
	return s, nil
}

func (s *Spooled) fill(r io.Reader, limit int64) error {
	size, err := io.Copy(s.file, io.LimitReader(r, limit+1))
	switch {
	case err == io.ErrUnexpectedEOF:
		return fault.Errorf(fault.Internal, "reading %q: it was cut", s.name)
	case err != nil:
		return placed(err, "reading %q", s.name)
	case size > limit:
		return tooLarge(s.name)
	case size == 0:
		return fault.Errorf(fault.Refused, "%q is empty", s.name).WithHint("look at what the command in front of the pipe says")
	}
	return s.file.Finish()
}

// Name is the name given to Spool.
func (s *Spooled) Name() string { return s.name }

// Size is how many bytes were spooled.
func (s *Spooled) Size() int64 { return s.file.Size() }

// Open begins to read. Several readers may be open at once.
func (s *Spooled) Open() (io.ReadCloser, error) {
	if s.file == nil {
		return nil, fault.Errorf(fault.Internal, "the spool of %q is closed", s.name)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(s.file, 0, s.file.Size()), stays{}}, nil
}

// OpenAt opens the spool to be read at any place.
func (s *Spooled) OpenAt() (ReaderAtCloser, int64, error) {
	if s.file == nil {
		return nil, 0, fault.Errorf(fault.Internal, "the spool of %q is closed", s.name)
	}
	return struct {
		io.ReaderAt
		io.Closer
	}{s.file, stays{}}, s.file.Size(), nil
}

// stays is for readers of a spool, which stays open for others.
type stays struct{}

func (stays) Close() error { return nil }

// Close removes the spool.
func (s *Spooled) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// Pass is one reading of a Source from its first byte to its last, which yields
// the SHA-256 of all of it. An import reads a file twice and compares.
type Pass struct {
	Source Source
	file   io.Closer
	in     io.Reader
	hash   hash.Hash
	size   int64
	limit  int64

	binary bool   // what is left out of a text is content here
	signs  int    // damage.DOSEnd at the end of what was read so far
	late   []byte // read, and yet to be returned
}

// OpenPass begins a pass. The caller closes it.
func OpenPass(s Source) (*Pass, error) {
	in, err := s.Open()
	if err != nil {
		return nil, err
	}
	return &Pass{Source: s, file: in, in: in, hash: sha256.New(), limit: MaxFileSize}, nil
}

// Sample returns the beginning of the file, which Read returns again: what finds
// out the format needs no reading of its own. It is called before the first Read.
func (p *Pass) Sample(o Options) (Sample, error) {
	head := make([]byte, SampleSize+1) // one byte more, to see whether the file ends
	n, err := io.ReadFull(p.in, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Sample{}, placed(err, "reading %q", p.Source.Name())
	}
	p.in = io.MultiReader(bytes.NewReader(head[:n]), p.in)
	data, whole := head[:min(n, SampleSize)], n <= SampleSize
	if whole && !isBinary(data) {
		data = bytes.TrimRight(data, damage.DOSEnd)
	}
	return Sample{Data: data, Whole: whole, Options: o}, nil
}

// isBinary knows workbooks and UTF-16 by their beginning, where the sign is no byte of its
// own.
func isBinary(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK")) || len(head) > 1 && (head[0] >= 0xFE || head[0] == 0 || head[1] == 0)
}

// Read reads on, but for the signs with which DOS programs end a text. A file that grew
// beyond MaxFileSize while it is read is refused, and trouble in reading gets its place.
func (p *Pass) Read(b []byte) (int, error) {
	if len(p.late) > 0 {
		n := copy(b, p.late)
		clear(p.late[:n]) // what was read may be secret
		p.late = p.late[n:]
		return n, nil
	}
	began := p.size == 0
	n, err := p.read(b)
	if began {
		p.binary = isBinary(b[:n])
	}
	if p.binary || n == 0 {
		return n, err
	}
	text := bytes.TrimRight(b[:n], damage.DOSEnd)
	if p.signs > 0 && len(text) > 0 { // they stood in the middle
		p.late = append(bytes.Repeat([]byte(damage.DOSEnd), p.signs), text...)
		p.signs = n - len(text)
		return 0, nil
	}
	p.signs += n - len(text)
	return len(text), err
}

// DOSEnd reports whether a text that was read to its end had signs of DOS behind it.
func (p *Pass) DOSEnd() bool { return p.signs > 0 }

func (p *Pass) read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.hash.Write(b[:n])
	p.size += int64(n)
	switch {
	case p.size > p.limit:
		return n, tooLarge(p.Source.Name())
	case err == nil || err == io.EOF:
		return n, err
	}
	return n, placed(err, "reading %q", p.Source.Name())
}

// Sum reads what is left, if a reader stopped early, and returns the SHA-256 of
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
func (p *Pass) Close() error { return p.file.Close() }

// placed adds the place to a foreign error; one of fob's own has it already.
func placed(err error, format string, args ...any) error {
	if _, ours := err.(*fault.Error); ours {
		return err
	}
	return fault.Wrap(fault.Internal, err, format, args...)
}
