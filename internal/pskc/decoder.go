package pskc

import (
	"errors"
	"fmt"
	"fob/internal/fault"
	"io"
	"maps"
	"regexp"
	"slices"
)

// Options say how a container is read.
type Options struct {
	Keys            Keys // for encrypted values; nil: none
	Compat          bool // admits drafts and faulty forms: see Decoder.Weaknesses
	Unauthenticated bool // admits values that nothing authenticates

	// Blind leaves encrypted values closed and asks for nothing: Needs tells what
	// a reader that is not would ask for.
	Blind bool
}

// Decoder reads a container package by package.
type Decoder struct {
	scan    *scanner
	options Options
	header  Header
	opener  opener
	space   string // namespace of the root
	signed  bool
	begun   bool
	err     error // that ended the reading, io.EOF included

	weak           [weaknesses]int
	needs          map[fault.Field]bool // of a blind reader
	openKey, noMAC int                  // values encrypted with a public key, with nothing that verifies them

	count    int
	most     int         // packages, MaxPackages outside tests
	packaged *KeyPackage // being read
	seen     []string    // single elements of those that are open
	buf      []byte
}

// NewDecoder begins to read. The caller need not buffer r.
func NewDecoder(r io.Reader, o Options) *Decoder {
	return &Decoder{scan: newScanner(r), options: o, most: MaxPackages}
}

// Next gives the next package, io.EOF behind the last. Its secret belongs to the
// caller. What is wrong with one package is its Problem; any other error ends
// the file: of kind fault.Refused with line and cause, ErrKey, a NeedError, or
// trouble of the reader below, as it is.
func (d *Decoder) Next() (*KeyPackage, error) {
	if d.err != nil {
		return nil, d.err
	}
	p, err := d.next()
	if err != nil {
		d.err = err
		d.scan.in.forget()
		clear(d.buf[:cap(d.buf)])
		clear(d.opener.macKey)
		return nil, err
	}
	return p, nil
}

// Header is complete once Next was called.
func (d *Decoder) Header() Header { return d.header }

// Signed tells, once Next gave io.EOF, whether the container has a Signature
// (RFC 6030 section 7), which the decoder does not verify.
func (d *Decoder) Signed() bool { return d.signed }

// Weaknesses tells, once Next gave io.EOF, what Options let pass and how often,
// in words.
func (d *Decoder) Weaknesses() (all []string) {
	for w, n := range d.weak {
		if n > 0 {
			all = append(all, counted(weakTexts[w], n))
		}
	}
	if d.noMAC > 0 {
		all = append(all, counted("values that no MAC protects: a change or a wrong key does not show", d.noMAC))
	}
	return all
}

// PublicKey is how many values are encrypted to a certificate with nothing that
// tells by whom.
func (d *Decoder) PublicKey() int { return d.openKey }

// Needs are the fields that a reader which is not blind would ask for.
func (d *Decoder) Needs() []fault.Field { return slices.Sorted(maps.Keys(d.needs)) }

func counted(what string, n int) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%s (%d times)", what, n)
}

func (d *Decoder) next() (*KeyPackage, error) {
	if !d.begun {
		d.begun = true
		if err := d.root(); err != nil {
			return nil, err
		}
	}
	for {
		ev, err := d.scan.next()
		switch {
		case err != nil:
			return nil, d.unclosed(err)
		case ev == ends:
			return nil, d.finish()
		case ev == text && !d.scan.blank():
			return nil, d.scan.refuse("text between the elements of <KeyContainer>")
		case ev == text:
			continue
		}
		name, err := d.canonical("KeyContainer")
		switch {
		case err != nil:
			return nil, err
		case d.scan.name.Space == d.space && name == "KeyPackage" && !d.signed:
			return d.keyPackage()
		}
		if err := d.part(); err != nil {
			return nil, err
		}
	}
}

// version is RFC 6030 section 11's VersionType: a reader refuses another major
// number and ignores the minor one (section 1.2).
var version = regexp.MustCompile(`^0?1\.[0-9]{1,3}$`)

// root reads up to what is inside KeyContainer.
func (d *Decoder) root() error {
	ev, err := d.scan.next()
	for err == nil && ev == text && d.scan.blank() {
		ev, err = d.scan.next()
	}
	switch {
	case err == io.EOF:
		return d.scan.refuse("the file has no XML element")
	case err != nil:
		return err
	case ev != begins:
		return d.scan.refuse("text before the first element: the file is no XML")
	}
	if why := CheckRoot(d.scan.name); why != "" {
		return d.scan.refuse("%s", why)
	}
	d.space = d.scan.name.Space
	old := IsDraft(d.scan.name)
	if old {
		if err := d.draft(); err != nil {
			return err
		}
	}
	versioned := false
	err = d.attributes("KeyContainer", func(name, value string) bool {
		switch name {
		case "Version":
			d.header.Version, versioned = value, true
		case "Id", "id": // RFC 6030 figure 8 itself writes id
			d.header.ID = value
		}
		return true // what else a vendor says of the file is no part of any key
	})
	switch {
	case err != nil || old:
		return err
	case !versioned:
		return d.scan.refuse("<KeyContainer> has no Version")
	case !version.MatchString(d.header.Version):
		return d.scan.refuse("<KeyContainer> is of another Version than 1.0")
	}
	return nil
}

// beforePackages are the elements that count for all packages, those of drafts
// too.
var beforePackages = []string{"EncryptionKey", "MACMethod", "EncryptionMethod", "DigestMethod", "MACAlgorithm"}

// part reads what stands beside the packages of a container.
func (d *Decoder) part() error {
	name := d.scan.name
	local := name.Local
	switch {
	case name == signatureName:
		return d.signature()
	case name.Space != d.space:
		return d.vendorPart()
	case local == "Extensions":
		return d.scan.skip()
	case d.count > 0 && slices.Contains(beforePackages, local):
		return d.scan.refuse("%s behind a <KeyPackage>: what it says counts for those before it", shownElement(local))
	}
	switch {
	case local == "EncryptionKey" && d.header.Encryption == nil:
		return d.headerPart(d.encryptionKey)
	case local == "MACMethod" && d.header.MAC == nil:
		return d.headerPart(d.macMethod)
	case local == "EncryptionKey" || local == "MACMethod":
		return d.scan.refuse("%s stands twice in <KeyContainer>", shownElement(local))
	case local == "KeyPackage":
		return d.scan.refuse("a <KeyPackage> behind the <Signature>")
	case local == "Signature":
		return d.scan.refuse("<Signature> is in the namespace of PSKC and not in that of XML signatures: nothing can verify it (RFC 6030 erratum 3418)")
	}
	if known, err := d.draftPart(local); known {
		return err
	}
	return d.scan.refuse("<KeyContainer> has no element %s", shownElement(local))
}

// signature skips a Signature: it was verified before, or the caller refuses the
// file for it.
func (d *Decoder) signature() error {
	if d.signed {
		return d.scan.refuse("<Signature> stands twice in <KeyContainer>")
	}
	d.signed = true
	return d.scan.skip()
}

// unclosed admits, with Options.Compat, a container that ends between packages. As
// a rule it is a file that was cut.
func (d *Decoder) unclosed(err error) error {
	if len(d.scan.open) != 1 || d.count == 0 || !errors.Is(err, errCut) {
		return err
	}
	if !d.options.Compat {
		err = d.need(NeedError{fault.Compat, fault.Errorf(fault.Refused, "%v", err).
			WithHint("fetch the delivery again; if it is a log that was never closed, --compat takes what is there, but whether packages are missing nobody can tell")})
	} else {
		err = d.weaken(weakEnd)
	}
	if err != nil {
		return err
	}
	return io.EOF
}

// finish makes sure that nothing follows the root.
func (d *Decoder) finish() error {
	if d.count == 0 {
		return d.scan.refuse("<KeyContainer> holds no <KeyPackage>")
	}
	for {
		ev, err := d.scan.next()
		switch {
		case err != nil:
			return err // io.EOF as a rule
		case ev == begins:
			return d.scan.refuse("a second root element, %s", shownElement(d.scan.name.Local))
		case !d.scan.blank():
			return d.scan.refuse("text behind the end of <KeyContainer>")
		}
	}
}

// complain notes what is wrong with the package that is being read; reading goes
// on. The first problem stays.
func (d *Decoder) complain(format string, args ...any) {
	if d.packaged.Problem == nil {
		args = append([]any{d.scan.line()}, args...)
		d.packaged.Problem = fault.Errorf(fault.Refused, "line %d: "+format, args...)
	}
}

// errUnknown is how a reader of children says that it has no such element.
var errUnknown = errors.New("unknown element")

// repeatable are the elements that may stand more than once beside each other.
var repeatable = []string{"Extensions", "KeyUsage", "X509Certificate"}

// children reads the elements inside the one just begun, up to its end. For each
// of PSKC's namespace, read gets the name and reads up to that one's end. The
// order of RFC 6030's schema is not enforced: nothing depends on it.
func (d *Decoder) children(in string, read func(name string) error) error {
	return d.inside(in, func(mark int) error {
		if d.scan.name.Space != d.space {
			return d.vendorElement(in)
		}
		name, err := d.canonical(in)
		if err != nil {
			return err
		}
		return d.child(in, name, mark, func() error { return read(name) })
	})
}

// foreign is children for elements that are not PSKC's own: read gets the
// namespace too.
func (d *Decoder) foreign(in string, read func(space, name string) error) error {
	return d.inside(in, func(mark int) error {
		name := d.scan.name
		return d.child(in, name.Local, mark, func() error { return read(name.Space, name.Local) })
	})
}

// inside calls each for every element inside the one just begun, up to its end;
// mark is how many elements were seen before.
func (d *Decoder) inside(in string, each func(mark int) error) error {
	if err := d.attributes(in, nil); err != nil {
		return err
	}
	mark := len(d.seen)
	defer func() { d.seen = d.seen[:mark] }()
	for {
		ev, err := d.scan.next()
		switch {
		case err != nil:
			return err
		case ev == ends:
			return nil
		case ev == begins:
			if err := each(mark); err != nil {
				return err
			}
		case !d.scan.blank():
			d.complain("text between the elements of <%s>", in)
		}
	}
}

// child reads one element, which must be known and the first of its name.
func (d *Decoder) child(in, name string, mark int, read func() error) error {
	if !slices.Contains(repeatable, name) && slices.Contains(d.seen[mark:], name) {
		d.complain("%s stands twice in <%s>", shownElement(name), in)
		return d.scan.skip()
	}
	err := read()
	if err == errUnknown {
		d.complain("<%s> has no element %s%s", in, shownElement(name), forbids(in))
		return d.scan.skip()
	}
	d.seen = append(d.seen, name) // known names only, so that it stays short
	return err
}

// forbids recalls RFC 6030 section 5: what is not understood in a policy means
// that the key must not be used.
func forbids(in string) string {
	if in == "Policy" || in == "PINPolicy" {
		return ", and RFC 6030 section 5 forbids the use of a key whose policy is not understood"
	}
	return ""
}

// attributes hands those of the element just begun to set, which reports whether
// it knows them; no set knows none. An attribute of a foreign namespace says
// nothing to PSKC, except in a policy.
func (d *Decoder) attributes(in string, set func(name, value string) bool) error {
	attrs := d.scan.attrs
	d.scan.attrs = nil
	id := 0
	for _, a := range attrs {
		switch {
		case a.Name.Space != "":
			if a.Name.Space != namespaceXML && forbids(in) != "" {
				d.complain("<%s> has an attribute of another namespace%s", in, forbids(in))
			}
			continue
		case a.Name.Local == "Id" || a.Name.Local == "id":
			id++
		}
		known := set != nil && set(a.Name.Local, a.Value)
		if !known {
			d.complain("<%s> has no attribute %s%s", in, shownName(a.Name.Local), forbids(in))
		}
	}
	if id > 1 {
		return d.scan.refuse("<%s> has an Id and an id", in)
	}
	return nil
}

// textOf reads the text of the element just begun, up to its end, without the
// white space around it. It is valid until the next call.
func (d *Decoder) textOf(in string) ([]byte, error) {
	if err := d.attributes(in, nil); err != nil {
		return nil, err
	}
	clear(d.buf)
	d.buf = d.buf[:0]
	d.scan.split = false
	for {
		ev, err := d.scan.next()
		switch {
		case err != nil:
			return nil, err
		case ev == ends:
			if d.scan.split {
				d.complain("a comment or processing instruction splits the text of <%s>", in)
			}
			return trim(d.buf), nil
		case ev == begins:
			d.complain("%s inside <%s>, which holds text", shownElement(d.scan.name.Local), in)
			if err := d.scan.skip(); err != nil {
				return nil, err
			}
		case len(d.buf)+len(d.scan.text) > MaxToken:
			return nil, d.scan.refuse("<%s> has more than %d KiB of text", in, MaxToken>>10)
		default:
			d.buf = append(d.buf, d.scan.text...)
		}
	}
}

// read puts the text of the element just begun where it belongs.
func (d *Decoder) read(in string, to *string) error {
	b, err := d.textOf(in)
	*to = string(b)
	return err
}
