package delivery

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxName bounds a name in bytes: file systems allow 255 for each part.
const maxName = 1024

// entryPath gives an entry's name with slashes and without a root. Nothing is
// ever written under it; it only names the member. A name that leads out of the
// archive, or would confuse a terminal, is no program's and refused. Names that
// are not marked as UTF-8 are in code page 437 (APPNOTE, appendix D), unless
// they are UTF-8 all the same, as those of Unix are.
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
	return cleanPath(name)
}

// cleanPath parts a name as Windows does and as Unix does: archives made by old
// .NET have backslashes, others the drive or the root.
func cleanPath(name string) (string, error) {
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

func isFolder(f *zip.File) bool {
	return strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) || f.FileInfo().IsDir()
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// isLitter knows the files that operating systems put beside those of people.
func isLitter(path string) bool {
	base := strings.ToLower(baseName(path))
	switch base {
	case ".ds_store", "thumbs.db", "desktop.ini":
		return true
	}
	return strings.HasPrefix(path, "__MACOSX/") || strings.HasPrefix(base, "._")
}

// emptyFile is a member with nothing in it. Whether that is a seed file is for
// others to say.
type emptyFile string

func (f emptyFile) Name() string { return string(f) }

func (emptyFile) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }

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
