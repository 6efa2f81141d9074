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
