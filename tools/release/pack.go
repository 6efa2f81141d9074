package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// parts are what goes into the files of one platform.
type parts struct{ system, arch, program, share, readme, source string }

// file is one file of an archive.
type file struct {
	name string // with slashes
	path string // where its bytes are; empty: in text
	text []byte
	mode fs.FileMode
}

// pack writes the files of one platform: archive, SBOM, and a Debian package of Linux.
func (r *release) pack(ctx context.Context, p parts, out string) error {
	info, err := buildinfo.ReadFile(p.program)
	if err != nil {
		return err
	}
	licences, modules, err := licencesOf(ctx, info, p.source)
	if err != nil {
		return err
	}
	stem := fmt.Sprintf("fob-%s-%s-%s", r.version, p.system, p.arch)
	bill, err := billOf(r, p, info, modules)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, stem+".cdx.json"), bill, 0o644); err != nil {
		return err
	}
	files := []file{
		{name: filepath.Base(p.program), path: p.program, mode: 0o755},
		{name: "README.md", path: p.readme, mode: 0o644},
		{name: "LICENCES.txt", text: licences, mode: 0o644},
	}
	err = filepath.WalkDir(p.share, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(p.share, path) // it lies below
			files = append(files, file{name: "share/" + filepath.ToSlash(rel), path: path, mode: 0o644})
		}
		return err
	})
	if err != nil {
		return err
	}
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	write := writeTar
	name := stem + ".tar.gz"
	if p.system == "windows" {
		write, name = writeZip, stem+".zip"
	}
	if err := create(filepath.Join(out, name), func(w io.Writer) error { return write(w, stem, files, r.time) }); err != nil {
		return err
	}
	if p.system == "linux" {
		return r.debian(ctx, p, licences, out)
	}
	return nil
}

// create writes a new file.
func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (f file) bytes() ([]byte, error) {
	if f.path == "" {
		return f.text, nil
	}
	return os.ReadFile(f.path)
}

// writeTar writes files of nobody in particular, all of one time.
func writeTar(w io.Writer, folder string, files []file, at time.Time) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(packed)
	for _, f := range files {
		data, err := f.bytes()
		if err != nil {
			return err
		}
		h := &tar.Header{Format: tar.FormatPAX, Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Size: int64(len(data)), Mode: int64(f.mode), ModTime: at}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return packed.Close()
}

func writeZip(w io.Writer, folder string, files []file, at time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		data, err := f.bytes()
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at}
		h.SetMode(f.mode)
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

// debianVersion is the version as Debian sorts it: v1.0.0-rc1 comes before v1.0.0.
func debianVersion(v string) string {
	return strings.Replace(strings.TrimPrefix(v, "v"), "-", "~", 1)
}
