package pskc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/xmlstream"
)

// field is an element or an attribute that may stand somewhere, and where what it
// says belongs: a pointer that read or attribute knows; for elements else a func
// that reads one up to its end, for attributes a func that reports whether it knows
// the value. Nil is for what is known and says nothing. Pointers are what a package
// of every token is read with: a func is made anew for each.
type field struct {
	name string // in an element that is not PSKC's, with a prefix of prefixes, or of any namespace
	to   any
}

type fields []field

// prefixes stand for namespaces in the names of fields.
var prefixes = map[string]string{"ds": namespaceDS, "xenc": namespaceXenc, "xenc11": namespaceXenc11}

// find returns where a name is known, -1: nowhere.
func (f fields) find(space, local string) int {
	for i := range f {
		prefix, is := strings.CutSuffix(f[i].name, local)
		if is && (prefix == "" || prefix[len(prefix)-1] == ':' && prefixes[prefix[:len(prefix)-1]] == space) {
			return i
		}
	}
	return -1
}

// extensions are what RFC 6030 section 4.3 leaves to vendors: none of it can
// change what the rest means.
type extensions struct{}

// repeatable are the elements that may stand more than once beside each other.
var repeatable = []string{"Extensions", "KeyUsage", "X509Certificate"}

// children reads the elements inside the one just begun, which are PSKC's, up to
// its end; old are those that only drafts have. The order of RFC 6030's schema is
// not enforced: nothing depends on it.
func (d *Decoder) children(in string, known fields, old ...field) error {
	return d.inside(in, true, known, old)
}

// foreign is children for elements that are not PSKC's own.
func (d *Decoder) foreign(in string, known ...field) error { return d.inside(in, false, known, nil) }

func (d *Decoder) inside(in string, own bool, known, old fields) error {
	if err := d.attributes(in, nil); err != nil {
		return err
	}
	mark := len(d.seen) // of the elements beside each other
	defer func() { d.seen = d.seen[:mark] }()
	for {
		ev, err := d.xml.Next()
		switch {
		case err != nil:
			return err
		case ev == xmlstream.End:
			return nil
		case ev == xmlstream.Start:
			if err := d.child(in, own, mark, known, old); err != nil {
				return err
			}
		case !d.xml.Blank():
			d.complain("text between the elements of <%s>", in)
		}
	}
}

// child reads one element, which must be known and the first of its name.
func (d *Decoder) child(in string, own bool, mark int, known, old fields) (err error) {
	name := d.xml.Name.Local
	if own {
		if d.xml.Name.Space != d.space {
			return d.vendorElement(in)
		}
		if name, err = d.canonical(in); err != nil {
			return err
		}
	}
	i := known.find(d.xml.Name.Space, name)
	if i < 0 && len(old) > 0 {
		if i, known = old.find(d.xml.Name.Space, name), old; i >= 0 && !d.old() {
			i = -1
		}
	}
	switch {
	case !slices.Contains(repeatable, name) && slices.Contains(d.seen[mark:], name):
		d.complain("%s stands twice in <%s>", xmlstream.Element(name), in)
		return d.xml.Skip()
	case i >= 0:
		err = d.read(name, known[i].to)
	}
	if i < 0 || err == errUnknown {
		d.complain("<%s> has no element %s%s", in, xmlstream.Element(name), forbids(in))
		return d.xml.Skip()
	}
	d.seen = append(d.seen, name) // known names only, so that it stays short
	return err
}

// errUnknown is how a func of a field says that it has no such element after all.
var errUnknown = errors.New("unknown element")

// read reads the element just begun, up to its end, to where it belongs.
func (d *Decoder) read(in string, to any) error {
	switch to := to.(type) {
	case nil:
		return d.xml.Skip()
	case extensions:
		d.extended = true
		return d.xml.Skip()
	case func() error:
		return to()
	case func(name string) error:
		return to(in)
	case *string:
		b, err := d.textOf(in)
		*to = string(b)
		if in == "NumberOfTransactions" && (len(b) == 0 || strings.Trim(*to, "0123456789") != "") { // it may have more than 64 bits
			d.complain("<%s> is no number%s", in, forbids("Policy"))
		}
		return err
	case *[]string:
		return d.usage(to)
	case **string:
		*to = new(string)
		return d.read(in, *to)
	case *[]byte:
		b, err := d.bytesOf(in)
		*to = b
		return err
	case *[][]byte:
		b, err := d.bytesOf(in)
		*to = append(*to, b)
		return err
	case *int64:
		b, err := d.textOf(in)
		if err != nil {
			return err
		}
		n, err := integer(b)
		if err != nil {
			d.complain("<%s> %v", in, err)
		}
		*to = n
		return nil
	case *Moment:
		return d.moment(in, to)
	case *DeviceInfo:
		return d.children(in, to.fields(), field{"Expiry", draftExpiry{}})
	case draftExpiry:
		if err := d.weaken(weakExpiry); err != nil {
			return err
		}
		return d.xml.Skip()
	case *KeyPackage: // its CryptoModuleInfo
		return d.children(in, fields{{"Id", &to.ModuleID}, {"Extensions", extensions{}}})
	case *Key: // its Data
		return d.children(in, to.values())
	case *encrypted:
		return d.encryptedPart(in, to)
	case **Key:
		*to = new(Key)
		return d.key(*to)
	case *Parameters:
		return d.children(in, to.fields())
	case **Format:
		*to = new(Format)
		return d.format(in, *to)
	case **Policy:
		*to = new(Policy)
		return d.children(in, (*to).fields())
	case **PINPolicy:
		*to = new(PINPolicy)
		return d.pinPolicy(*to)
	case *Value[int64]:
		return value(d, in, to, (*Decoder).whole, openedWhole)
	case *Value[token.Seed]:
		return value(d, in, to, (*Decoder).secret, openedSecret)
	}
	panic("pskc: a field of a type that read does not know")
}

// attributes hands out those of the element just begun; old are known in drafts
// only. An attribute of a foreign namespace says nothing to PSKC, except in a
// policy.
func (d *Decoder) attributes(in string, known fields, old ...field) error {
	attrs := d.xml.Attrs
	d.xml.Attrs = nil
	ids := 0
	for _, a := range attrs {
		if a.Name.Space != "" {
			if a.Name.Space != namespaceXML && forbids(in) != "" {
				d.complain("<%s> has an attribute of another namespace%s", in, forbids(in))
			}
			continue
		}
		if a.Name.Local == "Id" || a.Name.Local == "id" {
			ids++
		}
		ok := false
		if i := known.find("", a.Name.Local); i >= 0 {
			ok = d.attribute(in, known[i], a.Value)
		} else if i := fields(old).find("", a.Name.Local); i >= 0 && d.old() {
			ok = d.attribute(in, old[i], a.Value)
		}
		if !ok {
			d.complain("<%s> has no attribute %s%s", in, xmlstream.Name(a.Name.Local), forbids(in))
		}
	}
	if ids > 1 {
		return d.xml.Refuse("<%s> has an Id and an id", in)
	}
	return nil
}

// attribute puts a value where it belongs, and reports whether it is known.
func (d *Decoder) attribute(in string, f field, value string) bool {
	value = strings.Trim(value, xmlstream.Spaces)
	switch to := f.to.(type) {
	case *string:
		*to = value
	case *int64:
		n, err := integer([]byte(value))
		if err != nil || n < 0 {
			d.complain("the %s of <%s> is no number", f.name, in)
		}
		*to = n
	case *bool:
		yes, ok := boolean(value)
		if !ok {
			d.complain("the %s of <%s> is neither true nor false", f.name, in)
		}
		*to = yes
	case func(value string) bool:
		return to(value)
	}
	return true
}

// forbids recalls RFC 6030 section 5: what is not understood in a policy means
// that the key must not be used.
func forbids(in string) string {
	if in == "Policy" || in == "PINPolicy" {
		return ", and RFC 6030 section 5 forbids the use of a key whose policy is not understood"
	}
	return ""
}

// textOf reads the text of the element just begun, up to its end, without the
// white space around it. It is valid until the next call.
func (d *Decoder) textOf(in string) ([]byte, error) {
	if err := d.attributes(in, nil); err != nil {
		return nil, err
	}
	clear(d.buf)
	d.buf = d.buf[:0]
	d.xml.Split = false
	for {
		ev, err := d.xml.Next()
		switch {
		case err != nil:
			return nil, err
		case ev == xmlstream.End:
			if d.xml.Split {
				d.complain("a comment or processing instruction splits the text of <%s>", in)
			}
			return bytes.Trim(d.buf, xmlstream.Spaces), nil
		case ev == xmlstream.Start:
			d.complain("%s inside <%s>, which holds text", xmlstream.Element(d.xml.Name.Local), in)
			if err := d.xml.Skip(); err != nil {
				return nil, err
			}
		case len(d.buf)+len(d.xml.Text) > xmlstream.MaxToken:
			return nil, d.xml.Refuse("<%s> has more than %d KiB of text", in, xmlstream.MaxToken>>10)
		default:
			d.buf = append(d.buf, d.xml.Text...)
		}
	}
}

// notBase64 says what of a value is no xs:base64Binary.
const notBase64 = "is not base64: a character or the padding (=) is damaged, missing or too many"

// bytesOf reads an xs:base64Binary: white space may stand anywhere, padding must
// be there. What is no base64 or longer than maxBytes is a problem, and no bytes.
func (d *Decoder) bytesOf(in string) ([]byte, error) {
	text, err := d.textOf(in)
	if err != nil {
		return nil, err
	}
	text = squeeze(text)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(out, text)
	switch most := maxBytes[in]; {
	case err != nil:
		d.complain("<%s>%s %s", in, d.within(), notBase64)
	case n == 0:
		d.complain("<%s>%s %v", in, d.within(), errEmpty)
	case n > most:
		d.complain("<%s>%s has %d bytes, %d are the most", in, d.within(), n, most)
	default:
		return out[:n:n], nil
	}
	return nil, nil
}

// within says which value what was just read is a part of: in a file of one line
// the line says little.
func (d *Decoder) within() string {
	for _, open := range slices.Backward(d.xml.Open) {
		if open.Local == "MACKey" || slices.Contains(valueNames, open.Local) {
			return " of <" + open.Local + ">"
		}
	}
	return ""
}

// squeeze removes all white space, in place.
func squeeze(text []byte) []byte {
	n := 0
	for _, c := range text {
		if strings.IndexByte(xmlstream.Spaces, c) < 0 {
			text[n] = c
			n++
		}
	}
	return text[:n]
}

// complain notes what is wrong with the package or header that is being read;
// reading goes on. The first problem stays.
func (d *Decoder) complain(format string, args ...any) {
	if d.problem == nil {
		d.fail(fault.Errorf(fault.Refused, format, args...))
	}
}

// fail is complain for an error, which keeps its kind. No error is no problem.
func (d *Decoder) fail(err error) {
	if err != nil && d.problem == nil {
		d.problem = fault.Wrap(fault.KindOf(err), err, "line %d", d.xml.Line())
	}
}
