package delivery

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

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
	if isASCII(pass) {
		return all
	}
	text := pass
	if !utf8.Valid(pass) { // the passphrase file itself is in the desktop's code page
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(pass)
		if err != nil {
			return all
		}
		text = decoded
		all = add(all, text, "UTF-8")
	}
	for _, p := range pages {
		if written, err := p.page.NewEncoder().Bytes(text); err == nil {
			all = add(all, written, p.name)
		}
	}
	return all
}

func add(all []writing, text []byte, page string) []writing {
	for _, w := range all {
		if bytes.Equal(w.text, text) {
			return all
		}
	}
	return append(all, writing{text, page})
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
