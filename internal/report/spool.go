package report

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool is a temporary file for what has to be read again before it is handed on:
// written from its beginning to its end, then read at any place. It is encrypted
// under a key that lies in memory only, and has no name once it is made, so that
// nothing of an export can be found on the disk, whatever happens to the process.
// Nobody else has the file open: it needs no proof against changes.
type spool struct {
	file *os.File
	path string // to be removed by Close; empty when that is done
	key  cipher.Block
	next cipher.Stream // at the end of the file
	buf  []byte
	size int64
}

// newSpool makes one in a folder; that of the system where it is empty. The key
// comes from random.
func newSpool(dir string, random io.Reader) (*spool, error) {
	key := make([]byte, 32)
	defer clear(key)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("a key for a temporary file: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, ".fob-spool-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("a temporary file: %w", err)
	}
	s := &spool{file: file, path: file.Name(), key: block, next: streamAt(block, 0)}
	s.unlink()
	return s, nil
}

// unlink removes the name while the file stays open. Where the system forbids it,
// Close does it.
func (s *spool) unlink() {
	if s.path != "" && os.Remove(s.path) == nil {
		s.path = ""
	}
}

// streamAt is AES in counter mode from a block of the file on. The key is used for one
// file only, whose every byte is written once.
func streamAt(key cipher.Block, block int64) cipher.Stream {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(block))
	return cipher.NewCTR(key, counter[:])
}

func (s *spool) Write(p []byte) (int, error) {
	s.buf = append(s.buf[:0], p...)
	s.next.XORKeyStream(s.buf, s.buf)
	n, err := s.file.Write(s.buf)
	s.size += int64(n)
	return n, writeError(err)
}

// ReadAt may be called by several at once, when all is written.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	from := streamAt(s.key, off/aes.BlockSize)
	var skipped [aes.BlockSize]byte
	from.XORKeyStream(skipped[:off%aes.BlockSize], skipped[:off%aes.BlockSize])
	from.XORKeyStream(p[:n], p[:n])
	return n, err
}

func (s *spool) Close() error {
	err := s.file.Close()
	s.unlink()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
