package delivery

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"
)

// zipEntry is an entry as a test wants it, true or not.
type zipEntry struct {
	name    string
	text    string
	method  uint16 // 0: stored
	flags   uint16
	size    uint64 // uncompressed, when it is to be another than the true one
	crc     uint32 // when it is to be another
	pass    string // AES-256
	version uint16 // of AE, 2 unless said
	mode    uint32 // of Unix, shifted
	mangle  func(packed []byte) []byte
}

func makeZip(t testing.TB, entries ...zipEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		packed, h := e.pack(t)
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (e zipEntry) pack(t testing.TB) ([]byte, *zip.FileHeader) {
	t.Helper()
	packed := []byte(e.text)
	if e.method == zip.Deflate {
		packed = deflate(t, e.text)
	}
	h := &zip.FileHeader{Name: e.name, Method: e.method, Flags: e.flags, CRC32: crc32.ChecksumIEEE([]byte(e.text)),
		UncompressedSize64: uint64(len(e.text)), Modified: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	if e.pass != "" {
		if e.version == 0 {
			e.version = 2
			h.CRC32 = 0
		}
		packed = sealAES(t, packed, e.pass)
		h.Extra = binary.LittleEndian.AppendUint16([]byte{1, 0x99, 7, 0, byte(e.version), 0, 'A', 'E', 3}, e.method)
		h.Method, h.Flags = methodAES, h.Flags|flagEncrypted
	}
	if e.mangle != nil {
		packed = e.mangle(packed)
	}
	h.CompressedSize64 = uint64(len(packed))
	if e.size != 0 {
		h.UncompressedSize64 = e.size
	}
	if e.crc != 0 {
		h.CRC32 = e.crc
	}
	if e.mode != 0 {
		h.CreatorVersion, h.ExternalAttrs = 3<<8, e.mode<<16
	}
	return packed, h
}

func deflate(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sealAES encrypts as WinZip does. 7z's archives among the samples prove that
// the reader is right; this makes what 7z refuses to make.
func sealAES(t testing.TB, data []byte, pass string) []byte {
	t.Helper()
	salt := bytes.Repeat([]byte{7}, 16)
	keys, err := pbkdf2.Key(sha1.New, pass, salt, aesRounds, 66)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(keys[:32])
	if err != nil {
		t.Fatal(err)
	}
	sealed := bytes.Clone(data)
	counterMode(block)(sealed) // counter mode is its own inverse
	mac := hmac.New(sha1.New, keys[32:64])
	mac.Write(sealed)
	out := append(append(bytes.Clone(salt), keys[64:]...), sealed...)
	return append(out, mac.Sum(nil)[:aesMAC]...)
}
