package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maintainer is who a Debian package names.
const maintainer = "The fob authors <fob@example.org>"

// debian writes a package from a tree of files; nothing runs when it is installed, and
// purging it leaves stores and keys alone, which are the users'.
func (r *release) debian(ctx context.Context, p parts, licences []byte, out string) error {
	tree := filepath.Join(filepath.Dir(p.program), "deb")
	copied := map[string]file{
		"usr/bin/fob": {path: p.program, mode: 0o755},
		"usr/share/doc/fob/copyright": {mode: 0o644, text: []byte("Copyright 2026 the fob authors. No licence was given for it yet: all rights reserved.\n\n" +
			"What it is linked with, and under which licences, is in LICENCES.txt.gz beside this\nfile; the Apache licence is also in /usr/share/common-licenses/Apache-2.0.\n")},
		"usr/share/doc/fob/LICENCES.txt.gz": {mode: 0o644, text: licences},
		"usr/share/doc/fob/changelog.gz": {mode: 0o644, text: fmt.Appendf(nil, "fob (%s) unstable; urgency=medium\n\n  * Release %s.\n\n -- %s  %s\n",
			debianVersion(r.version), r.version, maintainer, r.time.Format(time.RFC1123Z))},
		"usr/share/lintian/overrides/fob": {mode: 0o644, text: []byte("# Go links what it uses into the program\nfob: statically-linked-binary [usr/bin/fob]\n# the changelog has no bug to close: this is no package of the distribution\nfob: initial-upload-closes-no-bugs *\n")},
	}
	err := filepath.WalkDir(p.share, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(p.share, path) // it lies below
		rel = filepath.ToSlash(rel)
		if strings.HasPrefix(rel, "man/") {
			rel += ".gz"
		}
		copied["usr/share/"+strings.Replace(rel, "zsh/site-functions", "zsh/vendor-completions", 1)] = file{path: path, mode: 0o644}
		return nil
	})
	if err != nil {
		return err
	}
	size := 0
	for name, f := range copied {
		data, err := f.bytes()
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".gz") {
			data = zipped(data)
		}
		size += len(data)
		if err := put(tree, name, data, f.mode); err != nil {
			return err
		}
	}
	control := fmt.Sprintf(`Package: fob
Version: %s
Architecture: %s
Maintainer: %s
Installed-Size: %d
Section: admin
Priority: optional
Description: provision hardware OTP tokens and keep inventory of them
 fob loads the seed files that come with hardware one-time-password tokens,
 binds serials to accounts by the codes that the tokens display, and gives
 auditors a workbook of the inventory and a trail that can be verified.
`, debianVersion(r.version), p.arch, maintainer, (size+1023)/1024)
	if err := put(tree, "DEBIAN/control", []byte(control), 0o644); err != nil {
		return err
	}
	// dpkg-deb takes the times of the files where they are older than this one.
	env := append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.time.Unix()))
	name := fmt.Sprintf("fob_%s_%s.deb", debianVersion(r.version), p.arch)
	return run(ctx, ".", env, "dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, filepath.Join(out, name))
}

// put writes a file of the package's tree; umask does not count.
func put(tree, name string, data []byte, mode fs.FileMode) error {
	path := filepath.Join(tree, filepath.FromSlash(name))
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o755); err != nil || dir == tree {
			if err != nil {
				return err
			}
			break
		}
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// zipped is gzip -9n: without name and time.
func zipped(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one of gzip's
	_, _ = w.Write(data)                                  // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
