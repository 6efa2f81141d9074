package pskc

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
)

// Root finds the root of an XML text, forgiving everything before it: it is for
// telling what a file is, not whether it is sound.
func Root(r io.Reader) (name xml.Name, ok bool) {
	d := xml.NewDecoder(r)
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
			if len(trim(bytes.TrimPrefix(t, []byte("\ufeff")))) > 0 {
				return xml.Name{}, false // text that mentions elements further on
			}
		}
	}
}

// IsContainer reports whether a root is one of PSKC, of whatever age.
func IsContainer(root xml.Name) bool {
	return root.Local == "KeyContainer" || root.Local == "SecretContainer"
}

// IsDraft reports whether a root is one of the drafts before RFC 6030.
func IsDraft(root xml.Name) bool { return IsContainer(root) && slices.Contains(drafts, root.Space) }

// CheckRoot says why a root is not that of RFC 6030 section 4, or of a draft of
// it (see IsDraft); nothing when it is.
func CheckRoot(root xml.Name) string {
	switch {
	case root.Local == "KeyContainer" && root.Space == Namespace, IsDraft(root):
		return ""
	case !IsContainer(root):
		return fmt.Sprintf("its root is %s, not the KeyContainer of PSKC", shownElement(root.Local))
	case root.Space == "":
		return shownElement(root.Local) + " without a namespace; that of PSKC is " + Namespace
	}
	return shownElement(root.Local) + " in a namespace that is not that of PSKC, " + Namespace
}
