// Package spool keeps bytes that come only once, or that have to be read again
// before they are handed on: a pipe, a member of a delivery, an export while it is
// put together. They lie in a temporary file, encrypted under a key that exists in
// memory only, and the file has no name once it is made: neither a crash nor a copy
// of the disk shows the bytes. A file that was changed or cut does not open.
package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"fob/internal/fault"
)

// The chunks that are sealed one by one: small, for those who read here and there,
// and large enough that their tags do not count.
const (
	chunkSize  = 8 << 10
	sealedSize = chunkSize + 16 // with the tag of GCM
)

// File is a spool. It is written from its beginning to its end and finished; then
// any number of goroutines may read it.
type File struct {
	file *os.File
	path string // to be removed by Close; empty when that is done
	aead cipher.AEAD
	buf  []byte // written, not yet sealed
	size int64  // sealed so far, in plain bytes

	reading sync.Mutex
	chunk   int64 // number of the one in plain, -1: none
	plain   []byte
}

// New makes a spool in a folder, that of the system where dir is empty. Its key and
// name come from random.
func New(dir string, random io.Reader) (*File, error) {
	secret := make([]byte, 32+8)
	defer clear(secret)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a key for a temporary file")
	}
	block, err := aes.NewCipher(secret[:32])
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a key for a temporary file")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a key for a temporary file")
	}
	if dir == "" {
		dir = os.TempDir()
	}
	path := filepath.Join(dir, ".fob-spool-"+hex.EncodeToString(secret[32:]))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a temporary file")
	}
	f := &File{file: file, path: path, aead: aead, buf: make([]byte, 0, sealedSize), chunk: -1}
	f.unlink()
	return f, nil
}

// unlink removes the name while the file stays open. Where the system forbids it
// (Windows), Close does it.
func (f *File) unlink() {
	if f.path != "" && os.Remove(f.path) == nil {
		f.path = ""
	}
}

// nonce numbers the chunks: the key is used for one file only.
func nonce(chunk int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4, 12), uint64(chunk))
}

// Write appends to the spool.
func (f *File) Write(p []byte) (n int, err error) {
	for n < len(p) {
		got := copy(f.buf[len(f.buf):chunkSize], p[n:])
		f.buf, n = f.buf[:len(f.buf)+got], n+got
		if len(f.buf) == chunkSize {
			if err := f.Finish(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// Finish seals what is left. Nothing may be written behind it.
func (f *File) Finish() error {
	plain := f.buf
	f.buf = f.buf[:0]
	if len(plain) == 0 {
		return nil
	}
	_, err := f.file.Write(f.aead.Seal(plain[:0], nonce(f.size/chunkSize), plain, nil))
	f.size += int64(len(plain))
	if err != nil {
		var onPath *os.PathError
		if errors.As(err, &onPath) {
			err = onPath.Err // its name says nothing to anybody
		}
		return fault.Wrap(fault.Internal, err, "writing a temporary file in %s", filepath.Dir(f.file.Name()))
	}
	return nil
}

// Size is how many bytes were written, once the spool is finished.
func (f *File) Size() int64 { return f.size }

// ReadAt reads what was finished.
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	f.reading.Lock()
	defer f.reading.Unlock()
	if off < 0 {
		return 0, errors.New("read before the beginning")
	}
	for n < len(p) {
		if off >= f.size {
			return n, io.EOF
		}
		if err := f.open(off / chunkSize); err != nil {
			return n, fault.Wrap(fault.Internal, err, "a temporary file is damaged").WithHint("run the command again")
		}
		got := copy(p[n:], f.plain[off%chunkSize:])
		n, off = n+got, off+int64(got)
	}
	return n, nil
}

// open decrypts one chunk, unless it is at hand.
func (f *File) open(chunk int64) error {
	if f.chunk == chunk {
		return nil
	}
	sealed := make([]byte, sealedSize)
	if f.plain != nil {
		sealed = f.plain[:sealedSize]
	}
	f.chunk = -1
	n, err := f.file.ReadAt(sealed, chunk*sealedSize)
	if err != nil && err != io.EOF {
		return err
	}
	if f.plain, err = f.aead.Open(sealed[:0], nonce(chunk), sealed[:n], nil); err != nil {
		f.plain = nil
		return err
	}
	f.chunk = chunk
	return nil
}

// Close removes the file. Without the key, which is forgotten too, nothing in it
// could be read anyway.
func (f *File) Close() error {
	f.reading.Lock()
	defer f.reading.Unlock()
	clear(f.buf[:cap(f.buf)])
	clear(f.plain)
	f.chunk, f.plain = -1, nil
	err := f.file.Close()
	f.unlink()
	if err != nil && !errors.Is(err, os.ErrClosed) {
		return fault.Wrap(fault.Internal, err, "closing a temporary file")
	}
	return nil
}
