package xmlstream

import (
	"bytes"
	"encoding/xml"
	"io"
)

// Root finds the root of an XML text, forgiving everything before it, a DOCTYPE
// and another encoding too: it is for finding out what a file is, not whether it
// is sound, and that is why it is encoding/xml that looks.
func Root(in io.Reader) (name xml.Name, ok bool) {
	d := xml.NewDecoder(in)
	d.CharsetReader = func(_ string, same io.Reader) (io.Reader, error) { return same, nil }
	for {
		t, err := d.Token()
		if err != nil {
			return xml.Name{}, false
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t.Name, true
		case xml.CharData:
			if len(bytes.Trim(bytes.TrimPrefix(t, []byte("\ufeff")), Spaces)) > 0 {
				return xml.Name{}, false // text that mentions elements further on
			}
		}
	}
}

// Limits of every XML file that fob reads, each with its reason. A reader may
// ask for longer tokens; nothing else differs between formats.
const (
	// MaxDepth bounds the nesting of elements: a certificate inside a key inside
	// a signature has 12, a coloured text inside a cell 10.
	MaxDepth = 32
	// MaxAttributes bounds those of one element: the richest of RFC 6030,
	// PINPolicy, has 6, the view of a sheet some 20, and a root declares some
	// namespaces.
	MaxAttributes = 64
	// MaxToken bounds, in bytes, what must be held in memory at once: one tag with
	// its attributes, one comment, one stretch of text. A secret has at most 172
	// characters and a certificate chain some thousands.
	MaxToken = 64 << 10
	// maxNames bounds the names that are kept: RFC 6030 has some seventy.
	maxNames = 512
	// maxShown bounds the names of a file that messages repeat. The longest name
	// of RFC 6030 has 20 characters, the shortest seed in base64 has 24. Names of
	// minSeed characters with digits in them may be a seed in hex or base32.
	maxShown, minSeed = 23, 16
	// maxTries bounds reads that bring nothing, as package bufio does.
	maxTries = 100
)
