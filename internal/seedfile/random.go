package seedfile

import (
	"errors"
	"fob/internal/fault"
	"io"
)

// ReaderAtCloser is a file that is read at any place.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}

// RandomSource is a Source that can be read at any place, as an archive with its
// directory at the end has to be. Files on disk and spools are.
type RandomSource interface {
	Source
	// OpenAt gives the bytes and how many there are.
	OpenAt() (ReaderAtCloser, int64, error)
}

// OpenAt opens the file and tells its size.
func (f diskFile) OpenAt() (ReaderAtCloser, int64, error) {
	in, err := f.Open()
	if err != nil {
		return nil, 0, err
	}
	file, ok := in.(interface {
		ReaderAtCloser
		io.Seeker
	})
	if !ok {
		_ = in.Close() // it was only looked at
		return nil, 0, fault.Errorf(fault.Internal, "%q cannot be read at any place", string(f))
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		_ = file.Close() // the first error counts
		return nil, 0, fault.Wrap(fault.Internal, err, "reading %q", string(f))
	}
	return file, size, nil
}

// OpenAt opens the spool. One goroutine at a time may read.
func (s *Spooled) OpenAt() (ReaderAtCloser, int64, error) {
	in, err := s.Open()
	if err != nil {
		return nil, 0, err
	}
	chunks := (s.sealed + sealedChunk - 1) / sealedChunk
	size := s.sealed - chunks*(sealedChunk-spoolChunk)
	return &spoolAt{in: in.(*spoolReader), size: size, at: -1}, size, nil
}

// spoolAt opens whichever chunk is asked for and keeps the last one.
type spoolAt struct {
	in   *spoolReader
	size int64
	at   int64 // number of the chunk in plain, -1: none
	data []byte
}

func (r *spoolAt) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("read before the beginning")
	}
	for n < len(p) {
		if off >= r.size {
			return n, io.EOF
		}
		if err := r.load(off / spoolChunk); err != nil {
			return n, err
		}
		got := copy(p[n:], r.data[off%spoolChunk:])
		n, off = n+got, off+int64(got)
	}
	return n, nil
}

// load opens one chunk, as spoolReader.next does for the one whose turn it is.
func (r *spoolAt) load(chunk int64) error {
	if r.at == chunk {
		return nil
	}
	r.at, r.data = -1, nil
	sealed := io.NewSectionReader(r.in.src.(io.ReaderAt), chunk*sealedChunk, sealedChunk)
	n, err := io.ReadFull(sealed, r.in.buf)
	last := err == io.ErrUnexpectedEOF
	if err != nil && !last {
		return r.in.damaged(err)
	}
	data, err := r.in.aead.Open(r.in.buf[:0], nonce(chunk, last), r.in.buf[:n], nil)
	if err != nil {
		return r.in.damaged(err)
	}
	if int64(len(data)) <= 0 || chunk*spoolChunk+int64(len(data)) > r.size {
		return r.in.damaged(errors.New("a chunk has another length than the file says"))
	}
	r.at, r.data = chunk, data
	return nil
}

// Close clears what was decrypted.
func (r *spoolAt) Close() error {
	r.at, r.data = -1, nil
	return r.in.Close()
}
