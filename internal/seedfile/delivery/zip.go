package delivery

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// zip undoes a ZIP archive: every file in it is a member. The standard library
// reads the directory; what stands in the entries is read here, since that
// library knows no encryption and gives the encrypted bytes without a word.
func (w *work) zip(src seedfile.Source, at wrapping) (kept bool, err error) {
	a := &archive{work: w, src: src, name: src.Name()}
	random, done, err := w.random(src)
	if err != nil {
		return false, err
	}
	defer done()
	if err := a.read(random); err != nil {
		return false, err
	}
	if a.document {
		return true, w.keep(src, at) // a workbook is a ZIP, and a seed file as it is
	}
	if w.files += len(a.entries); w.files > MaxMembers {
		return false, fault.Errorf(fault.Refused, "%q brings more than %d files", a.name, MaxMembers).
			WithHint("name the seed files: unpack those that are, and import them")
	}
	return false, a.unpack(at)
}

// random gives a file at any place; what cannot be read so is spooled.
func (w *work) random(src seedfile.Source) (*budget, func(), error) {
	closeSpool := func() {}
	random, ok := src.(seedfile.RandomSource)
	if !ok {
		in, err := src.Open()
		if err != nil {
			return nil, nil, err
		}
		defer in.Close()
		spool, err := w.Spool(&input{ctx: w.ctx, from: in}, src.Name())
		if err != nil {
			return nil, nil, err
		}
		closeSpool = func() { _ = spool.Close() }
		if random, ok = spool.(seedfile.RandomSource); !ok {
			closeSpool()
			return nil, nil, fault.Errorf(fault.Internal, "%q cannot be read at any place", src.Name())
		}
	}
	at, size, err := random.OpenAt()
	if err != nil {
		closeSpool()
		return nil, nil, err
	}
	return &budget{at: at, size: size, left: MaxDirectory}, func() { _ = at.Close(); closeSpool() }, nil
}

// budget bounds what is read of an archive while its directory is: the library
// goes on as long as entries follow each other, and keeps them all.
type budget struct {
	at   io.ReaderAt
	size int64
	left int64 // bytes; negative: no bound any more
	err  error // of the file below
}

var errBudget = errors.New("the directory is too large")

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if int64(len(p)) > b.left {
			b.left = 0
			return 0, errBudget
		}
		b.left -= int64(len(p))
	}
	if off < 0 { // where a directory that lies leads to; the disk is not at fault
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.at.ReadAt(p, off)
	if err != nil && err != io.EOF {
		b.err = seedfile.ReadError(err)
		err = b.err
	}
	return n, err
}

// archive is a ZIP while it is unpacked.
type archive struct {
	*work
	src      seedfile.Source
	name     string
	file     *budget
	entries  []*entry
	document bool // an Office file
	skipped  []string
	mixed    bool // some entries are encrypted and some are not
}

// read reads the directory and judges every entry in it before one is opened.
func (a *archive) read(file *budget) error {
	a.file = file
	r, err := zip.NewReader(file, file.size)
	exhausted := file.left == 0
	file.left = -1
	switch {
	case file.err != nil:
		return file.err
	case exhausted:
		return fault.Errorf(fault.Refused, "%q has a ZIP directory of more than %d MiB", a.name, MaxDirectory>>20).
			WithHint("name the seed files: unpack those that are, and import them")
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return errDamaged(a.name, "is a ZIP archive that was cut or damaged: its directory cannot be read")
	}
	if a.document = isDocument(r.File); a.document {
		return nil
	}
	names := map[string]bool{}
	for i, f := range r.File {
		if err := a.add(i+1, f, names); err != nil {
			return err
		}
	}
	if len(a.entries) == 0 {
		return fault.Errorf(fault.Refused, "%q is a ZIP archive without a file in it", a.name).
			WithHint("fetch the delivery again; nothing was changed")
	}
	a.setNames()
	return nil
}

// isDocument knows Office files by the entry that each must have (ISO 29500-2
// annex, OpenDocument part 2 section 3.3).
func isDocument(files []*zip.File) bool {
	for i, f := range files {
		if f.Name == "[Content_Types].xml" && f.Flags&flagEncrypted == 0 {
			return true
		}
		if i == 0 && f.Name == "mimetype" && f.Method == zip.Store {
			return true
		}
	}
	return false
}

// add judges one entry of the directory.
func (a *archive) add(n int, f *zip.File, names map[string]bool) error {
	path, err := entryPath(f)
	if err != nil {
		return fault.Errorf(fault.Refused, "%q, entry %d: %v", a.name, n, err).
			WithHint("no program that packs files makes such a name; ask the supplier what this is")
	}
	if isFolder(f) {
		return nil
	}
	if names[path] {
		return fault.Errorf(fault.Refused, "%q, entry %d: a second file called %q", a.name, n, path).
			WithHint("programs differ in which of the two they take: ask the supplier for a new archive")
	}
	names[path] = true
	if isLitter(path) {
		a.skipped = append(a.skipped, path)
		return nil
	}
	e, err := newEntry(a.name+"/"+path, f)
	if err != nil {
		return err
	}
	e.path = path
	a.entries = append(a.entries, e)
	if len(a.entries) > MaxMembers {
		return fault.Errorf(fault.Refused, "%q brings more than %d files", a.name, MaxMembers).
			WithHint("name the seed files: unpack those that are, and import them")
	}
	return nil
}

// setNames calls each member by its base name, or by all of its path where two
// share the base name.
func (a *archive) setNames() {
	bases := map[string]int{}
	for _, e := range a.entries {
		bases[baseName(e.path)]++
	}
	encrypted := 0
	for _, e := range a.entries {
		e.name = a.name + "/" + baseName(e.path)
		if bases[baseName(e.path)] > 1 {
			e.name = a.name + "/" + e.path
		}
		if e.cipher != plain {
			encrypted++
		}
	}
	a.mixed = encrypted > 0 && encrypted < len(a.entries)
}

// unpack opens the entries one by one.
func (a *archive) unpack(at wrapping) error {
	for i, e := range a.entries {
		spool, page, err := a.open(e)
		if err != nil {
			return err
		}
		inner := at.within("ZIP"+e.cipherName(), seedfile.Notes(a.notes(e, page)...)...)
		if i == 0 && len(a.skipped) > 0 {
			inner.notes = append(inner.notes, fault.Textf("left out of %s: %s (what macOS and Windows put beside files)", a.name, list(a.skipped)))
		}
		if spool == nil {
			err = a.keep(emptyFile(e.name), inner)
		} else {
			err = a.inside(spool, inner)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) notes(e *entry, page string) (notes []string) {
	if e.cipher == zipCrypto {
		notes = append(notes, "the ZIP password protects by ZipCrypto, which is broken: who had the archive may have the seeds; ask the supplier for AES-256")
	}
	if e.cipher == plain && a.mixed {
		notes = append(notes, "this file is not encrypted, while others in the archive are: who put it there?")
	}
	if page != "" {
		notes = append(notes, "the ZIP password fits when it is written in "+page)
	}
	return notes
}

func list(names []string) string {
	const most = 3
	if len(names) <= most {
		return fmt.Sprintf("%q", names)
	}
	return fmt.Sprintf("%q and %d more", names[:most], len(names)-most)
}

// open unpacks one entry into a spool, nil when it is empty, and tells the code
// page of the password if that was not the one it is written in.
func (a *archive) open(e *entry) (spool Spooled, page string, err error) {
	if e.cipher == plain {
		spool, err = a.attempt(e, nil)
		if errors.Is(err, errLayer) {
			err = e.damaged(err)
		}
		return spool, "", err
	}
	fits, tried, err := a.Keys.Unlock(fmt.Sprintf("%q", a.name), func(pass []byte) (bool, error) {
		for _, v := range writings(pass) {
			spool, err = a.attempt(e, v.text)
			switch {
			case err == nil:
				page = v.page
				return true, nil
			case errors.Is(err, errLies):
				return false, e.damaged(err)
			case !errors.Is(err, errLayer):
				return false, err
			}
		}
		return false, nil
	})
	switch {
	case err != nil:
		return nil, "", err
	case !tried:
		return nil, "", errMissing(a.name, "a ZIP archive with a password", givePassphrase)
	case !fits:
		return nil, "", errWrong(e.name)
	}
	return spool, page, nil
}

// attempt unpacks an entry with one password.
func (a *archive) attempt(e *entry, pass []byte) (Spooled, error) {
	raw, err := e.file.OpenRaw()
	if err != nil {
		if a.file.err != nil {
			return nil, a.file.err
		}
		return nil, errors.Join(errLayer, errCut)
	}
	in := &input{ctx: a.ctx, from: raw}
	content, err := e.content(in, pass)
	if err != nil {
		switch {
		case in.err != nil:
			return nil, in.err
		case isOurs(err):
			return nil, err
		}
		return nil, errors.Join(errLayer, err)
	}
	if e.file.UncompressedSize64 == 0 {
		return nil, a.empty(in, content)
	}
	packed := int64(min(e.file.CompressedSize64, MaxTotal))
	return a.fill(in, content, e.name, func() int64 { return packed })
}

// empty reads an entry that is said to hold nothing, to the end all the same.
func (a *archive) empty(in *input, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	switch {
	case in.err != nil:
		return in.err
	case err != nil:
		return errors.Join(errLayer, err)
	}
	return nil
}
