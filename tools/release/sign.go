package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// sums writes SHA256SUMS, as sha256sum -c takes it, and with a key SHA256SUMS.note: the
// same lines as a signed note (Ed25519).
func (r *release) sums(names []string) error {
	var b bytes.Buffer
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), name)
	}
	if err := os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), b.Bytes(), 0o644); err != nil {
		return err
	}
	if r.key == "" {
		fmt.Println("SHA256SUMS is not signed: no -key was given")
		return nil
	}
	secret, err := os.ReadFile(r.key)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		return fmt.Errorf("%s is no signing key", r.key)
	}
	signed, err := note.Sign(&note.Note{Text: b.String()}, signer)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS.note"), signed, 0o644)
}

// makeKey makes a signing key and prints its public half.
func makeKey(path string) error {
	secret, public, err := note.GenerateKey(rand.Reader, "fob-release")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, secret)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		fmt.Println(public)
	}
	return err
}
