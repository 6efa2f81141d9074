package seeds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
)

// plan is what one call of import is to load: all of it is opened, and its formats
// are found, before anything is stored.
type plan struct {
	found  int // files that were named or lie in folders; an archive is one
	opened int // of them so far
	files  []planned
	ends   []func()
}

// found is what lies at a path that was named.
type found struct {
	files  []string
	folder bool
}

// planned is one seed file, or what was taken for one.
type planned struct {
	name    string
	member  app.Member
	req     intake.Import
	err     error // why it cannot be read
	unknown bool  // it is no seed file, and lies in a folder or, where such are left out, in an archive
}

func (p *plan) close() {
	for _, end := range p.ends {
		end()
	}
}

// planImport opens everything that was named. An error is trouble that is no
// file's own, or that stops them all; the file that it is of stays the last one.
func planImport(ctx context.Context, r *term.Run, o *importOptions, d *app.Deliveries, paths []string) (*plan, error) {
	p := &plan{}
	var all []found
	for _, path := range paths {
		files, litter, folder, err := seedFilesOf(path)
		if err != nil {
			p.files = append(p.files, planned{name: filepath.Base(path), err: err})
			return p, err
		}
		if len(litter) > 0 {
			r.Remark("left out of %s: %s (what macOS and Windows put beside files)", term.Clean(filepath.Base(path)), firstNames(litter))
		}
		all = append(all, found{files, folder})
		p.found += len(files)
	}
	for _, f := range all {
		for _, file := range f.files {
			p.opened++
			if err := planFile(ctx, r, p, o, d, file, f.folder); err != nil {
				return p, err
			}
		}
	}
	if err := p.checkUnknown(o.skipUnknown); err != nil {
		return p, err
	}
	return p, checkSum(ctx, r, p, o)
}

func planFile(ctx context.Context, r *term.Run, p *plan, o *importOptions, d *app.Deliveries, path string, folder bool) error {
	members, err := openMembers(ctx, r, p, d, path)
	if err != nil {
		p.files = append(p.files, planned{name: filepath.Base(path), err: err})
		if fault.KindOf(err) != fault.Refused {
			return err
		}
		return nil
	}
	for _, m := range members {
		f := planned{name: m.Source.Name(), member: m}
		if f.req, _, f.err = o.request(m); f.err != nil && fault.KindOf(f.err) != fault.Refused {
			p.files = append(p.files, f)
			return f.err
		}
		if f.err != nil && !folder && !o.skipUnknown && len(members) > 1 {
			f.err = fault.Errorf(fault.Refused, "%v", f.err).WithAdvice(fault.AdviceOf(f.err).And(fault.Textf("--skip-unknown leaves such files of an archive out and loads the others")))
		}
		f.unknown = f.err != nil && (folder || o.skipUnknown && len(members) > 1)
		p.files = append(p.files, f)
	}
	return nil
}

func openMembers(ctx context.Context, r *term.Run, p *plan, d *app.Deliveries, path string) ([]app.Member, error) {
	src, done, err := source(r, path)
	if err != nil {
		return nil, err
	}
	p.ends = append(p.ends, done)
	members, done, err := d.Open(ctx, src)
	if err == nil {
		p.ends = append(p.ends, done)
	}
	return members, err
}

// seedFilesOf returns a file itself, and of a folder what lies in it and in the
// folders below, in the order of their names: ordinary files only, links are not
// followed, and what is hidden is left alone. Litter is named.
func seedFilesOf(path string) (files, litter []string, folder bool, err error) {
	if info, err := os.Stat(path); path == "-" || err != nil || !info.IsDir() {
		return []string{path}, nil, false, nil // whether it can be read is seen when it is opened
	}
	top, err := filepath.EvalSymlinks(path)
	if err == nil {
		err = filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case file != top && strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
				return fs.SkipDir
			case entry.Type().IsRegular() && seedfile.IsLitter(entry.Name()):
				litter = append(litter, fmt.Sprintf("%q", entry.Name()))
			case entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), "."):
				files = append(files, file)
			}
			return nil
		})
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, true, fault.Errorf(fault.Refused, "the folder %q may not be read by this user; nothing was stored", path).
			WithHint("ask its owner, or run fob as who may read it")
	case err != nil:
		return nil, nil, true, fault.Wrap(fault.Internal, err, "reading the folder %q", path)
	case len(files) == 0:
		return nil, nil, true, fault.Errorf(fault.Refused, "the folder %q holds no files", path).WithHint("is it the right folder?")
	}
	return files, litter, true, nil
}

// maxNamedFiles is how many files a message names.
const maxNamedFiles = 10

// checkUnknown refuses folders that hold other things than seed files, unless
// those are to be left out.
func (p *plan) checkUnknown(skip bool) error {
	var names []string
	for _, f := range p.files {
		if f.unknown {
			names = append(names, fmt.Sprintf("%q", f.name))
		}
	}
	if len(names) == 0 || skip {
		return nil
	}
	return fault.Errorf(fault.Refused, "%s in the folder cannot be taken for a seed file: %s; nothing was stored", term.Count(len(names), "file"), firstNames(names)).
		WithHint("--skip-unknown leaves such files out and loads the others; `fob inspect FILE` shows what one lacks")
}

func firstNames(names []string) string {
	if more := len(names) - maxNamedFiles; more > 0 {
		names = append(names[:maxNamedFiles:maxNamedFiles], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// checkSum holds several files against the delivery note, which gives their sum.
// Each batch then expects what its file holds. For a single file the import does
// it.
func checkSum(ctx context.Context, r *term.Run, p *plan, o *importOptions) error {
	if o.expect == 0 || p.readable() < 2 {
		return nil
	}
	sum := 0
	for i := range p.files {
		f := &p.files[i]
		if f.err != nil {
			continue
		}
		n, err := intake.Count(ctx, f.req)
		if err != nil {
			return err
		}
		f.req.Supply.Expected = n
		sum += n
	}
	if sum == o.expect {
		return nil
	}
	return fault.Errorf(fault.Refused, "the %d files hold %d records together, --expect says %d; nothing was stored", p.readable(), sum, o.expect).
		WithHint("ask the supplier for what is missing, or import with the number that is right")
}

func (p *plan) readable() (n int) {
	for _, f := range p.files {
		if f.err == nil {
			n++
		}
	}
	return n
}
