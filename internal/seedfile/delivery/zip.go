package delivery

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// archive is a ZIP while it is unpacked.
type archive struct {
	*work
	name    string
	file    *budget
	entries []*entry
	left    []string // out, since no person put them there
}

// zip undoes a ZIP archive: every file in it is a member. The standard library
// reads the directory; what stands in the entries is read here, since that
// library knows no encryption and returns the encrypted bytes without a word. Every
// entry is judged before one is opened.
func (w *work) zip(src seedfile.Source, at wrapping) error {
	a := &archive{work: w, name: src.Name()}
	file, done, err := w.random(src)
	if err != nil {
		return err
	}
	defer done()
	a.file = file
	r, err := zip.NewReader(file, file.size)
	exhausted := file.left == 0
	file.left = -1
	switch {
	case file.err != nil:
		return file.err
	case exhausted:
		return fault.Errorf(fault.Refused, "%q has a ZIP directory of more than %d MiB", a.name, MaxDirectory>>20).WithHint(nameThem)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return errDamaged(a.name, "is a ZIP archive that was cut or damaged: its directory cannot be read")
	case isDocument(r.File):
		return errPlain // a workbook is a ZIP, and a seed file as it is
	}
	names := map[string]bool{}
	for i, f := range r.File {
		if err := a.add(i+1, f, names); err != nil {
			return err
		}
		if w.files+len(a.entries) > MaxMembers {
			return fault.Errorf(fault.Refused, "%q brings more than %d files", a.name, MaxMembers).WithHint(nameThem)
		}
	}
	if len(a.entries) == 0 {
		return fault.Errorf(fault.Refused, "%q is a ZIP archive without a file in it", a.name).
			WithHint("fetch the delivery again; nothing was changed")
	}
	w.files += len(a.entries)
	return a.unpack(at)
}

const nameThem = "name the seed files: unpack those that are, and import them"

// isDocument knows Office files by the entry that each must have (ISO 29500-2
// annex, OpenDocument part 2 section 3.3).
func isDocument(files []*zip.File) bool {
	for i, f := range files {
		if f.Name == "[Content_Types].xml" && f.Flags&flagEncrypted == 0 || i == 0 && f.Name == "mimetype" && f.Method == zip.Store {
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
	if strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) || f.FileInfo().IsDir() {
		return nil // a folder
	}
	if names[path] {
		return fault.Errorf(fault.Refused, "%q, entry %d: a second file called %q", a.name, n, path).
			WithHint("programs differ in which of the two they take: ask the supplier for a new archive")
	}
	names[path] = true
	if seedfile.IsLitter(path) {
		a.left = append(a.left, path)
		return nil
	}
	e, err := newEntry(a.name+"/"+path, f)
	if err != nil {
		return err
	}
	e.path = path
	a.entries = append(a.entries, e)
	return nil
}

// maxName bounds a name in bytes: file systems allow 255 for each part.
const maxName = 1024

// entryPath is an entry's name with slashes and without a root. Nothing is ever
// written under it; it only names the member. A name that leads out of the
// archive, or would confuse a terminal, is no program's and refused. Names that
// are not marked as UTF-8 are in code page 437 (APPNOTE, appendix D), unless
// they are UTF-8 all the same, as those of Unix are. A name is parted as Windows
// does and as Unix does: archives made by old .NET have backslashes, others the
// drive or the root.
func entryPath(f *zip.File) (string, error) {
	name := f.Name
	if f.NonUTF8 && !utf8.ValidString(name) {
		decoded, err := charmap.CodePage437.NewDecoder().String(name)
		if err != nil {
			return "", errors.New("its name is in no known code page")
		}
		name = decoded
	}
	switch {
	case !utf8.ValidString(name):
		return "", errors.New("its name is no text")
	case len(name) > maxName:
		return "", fmt.Errorf("its name has %d bytes, the limit is %d", len(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return "", fmt.Errorf("its name %+q has control characters", name)
	}
	slashed := strings.ReplaceAll(name, `\`, "/")
	if len(slashed) >= 2 && slashed[1] == ':' {
		slashed = slashed[2:]
	}
	var parts []string
	for part := range strings.SplitSeq(slashed, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", fmt.Errorf("its name %q leads out of the archive", name)
		default:
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "", errors.New("it has no name")
	}
	return strings.Join(parts, "/"), nil
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// irregular names what is neither a file nor a folder.
func irregular(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&(fs.ModeDevice|fs.ModeCharDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeIrregular) != 0:
		return "a device or pipe"
	}
	return ""
}

// unpack opens the entries one by one. A member is called by its base name, or by
// all of its path where two share the base name.
func (a *archive) unpack(at wrapping) error {
	bases, plains := map[string]int{}, 0
	for _, e := range a.entries {
		bases[baseName(e.path)]++
		if e.cipher == plain {
			plains++
		}
	}
	for i, e := range a.entries {
		e.name = a.name + "/" + baseName(e.path)
		if bases[baseName(e.path)] > 1 {
			e.name = a.name + "/" + e.path
		}
		spool, page, err := a.open(e)
		if err != nil {
			return err
		}
		var notes []string
		if e.cipher == zipCrypto {
			notes = append(notes, "the ZIP password protects by ZipCrypto, which is broken: who had the archive may have the seeds; ask the supplier for AES-256")
		}
		if e.cipher == plain && plains < len(a.entries) {
			notes = append(notes, "this file is not encrypted, while others in the archive are: who put it there?")
		}
		if page != "" {
			notes = append(notes, "the ZIP password fits when it is written in "+page)
		}
		if i == 0 && len(a.left) > 0 {
			notes = append(notes, "left out of "+a.name+": "+list(a.left)+" (what macOS and Windows put beside files)")
		}
		inner := at.within("ZIP"+e.cipherName(), seedfile.Notes(notes...)...)
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

// emptyFile is a member with nothing in it. Whether that is a seed file is for
// others to say.
type emptyFile string

func (f emptyFile) Name() string { return string(f) }

func (emptyFile) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }

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

// attempt unpacks an entry with one password. An entry that is said to hold nothing
// is read to its end all the same.
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
	if err == nil && e.file.UncompressedSize64 > 0 {
		return a.fill(in, content, e.name, int64(min(e.file.CompressedSize64, MaxTotal)))
	}
	if err == nil {
		_, err = io.Copy(io.Discard, content)
	}
	switch {
	case in.err != nil:
		return nil, in.err
	case err == nil || isOurs(err):
		return nil, err
	}
	return nil, errors.Join(errLayer, err)
}

// writing is a password as one code page writes it.
type writing struct {
	text []byte
	page string // empty: as it was given
}

// The code pages in which Windows programs write a ZIP's password: that of the
// old command line (437 in America, 850 in Western Europe) and that of the
// desktop. ZIP does not say which was used.
var pages = []struct {
	name string
	page *charmap.Charmap
}{
	{"code page 437", charmap.CodePage437},
	{"code page 850", charmap.CodePage850},
	{"Windows-1252", charmap.Windows1252},
}

// writings lists how a password may have been written, the way it was given
// first. In ASCII there is but one.
func writings(pass []byte) []writing {
	all := []writing{{pass, ""}}
	add := func(text []byte, err error, page string) {
		if err == nil && !slices.ContainsFunc(all, func(w writing) bool { return bytes.Equal(w.text, text) }) {
			all = append(all, writing{text, page})
		}
	}
	text := pass
	if !utf8.Valid(pass) { // the passphrase file itself is in the desktop's code page
		var err error
		if text, err = charmap.Windows1252.NewDecoder().Bytes(pass); err != nil {
			return all
		}
		add(text, nil, "UTF-8")
	}
	for _, p := range pages {
		written, err := p.page.NewEncoder().Bytes(text)
		add(written, err, p.name)
	}
	return all
}
