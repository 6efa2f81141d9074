package pskc

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// Options say how a container is read.
type Options struct {
	Keys            Keys // for encrypted values; nil: none
	Compat          bool // admits drafts and faulty forms: see Decoder.Weaknesses
	Unauthenticated bool // admits values that nothing authenticates

	// Blind leaves encrypted values closed and asks for nothing: Needs has what a
	// reader that is not would ask for.
	Blind bool
}

// Decoder reads a container package by package.
type Decoder struct {
	xml     *xmlstream.Reader
	options Options
	header  Header
	opener  opener
	space   string // namespace of the root
	signed  bool
	begun   bool
	err     error // that ended the reading, io.EOF included

	weak    [weaknesses]int
	needs   map[fault.Field]bool // of a blind reader
	openKey int                  // values encrypted with a public key, with nothing that verifies them

	count int
	most  int // packages, MaxPackages outside tests

	// of the package or the part of the header that is being read
	problem  error
	extended bool
	seen     []string // single elements of those that are open
	buf      []byte
	cut      bool // the end is missing
}

const fetchAgain = "fetch the delivery again, and ask the supplier for a file that follows RFC 6030"

func newXML(r io.Reader) *xmlstream.Reader {
	return xmlstream.NewReader(r, xmlstream.Format{Name: "PSKC", Hint: fetchAgain})
}

// NewDecoder begins to read. The caller need not buffer r.
func NewDecoder(r io.Reader, o Options) *Decoder {
	if o.Keys == nil {
		o.Keys = noKeys{}
	}
	return &Decoder{xml: newXML(r), options: o, most: MaxPackages}
}

// Next returns the next package, io.EOF behind the last. Its secret belongs to the
// caller. What is wrong with one package is its Problem; any other error ends
// the file: of kind fault.Refused with line and cause, ErrKey, a NeedError, or
// trouble of the reader below, as it is.
func (d *Decoder) Next() (p *KeyPackage, err error) {
	if d.err != nil {
		return nil, d.err
	}
	if !d.begun {
		d.begun = true
		err = d.root()
	}
	for p == nil && err == nil {
		p, err = d.part()
	}
	if err != nil {
		d.err = err
		d.xml.Forget()
		clear(d.buf[:cap(d.buf)])
		clear(d.opener.macKey)
		return nil, err
	}
	return p, nil
}

// Header is complete once Next was called.
func (d *Decoder) Header() Header { return d.header }

// Signed reports, once Next returned io.EOF, whether the container has a Signature
// (RFC 6030 section 7), which the decoder does not verify.
func (d *Decoder) Signed() bool { return d.signed }

// Weaknesses says, once Next returned io.EOF, what Options let pass and how often,
// in words.
func (d *Decoder) Weaknesses() (all []string) {
	for w, n := range d.weak {
		switch {
		case n == 1:
			all = append(all, weakTexts[w])
		case n > 1:
			all = append(all, fmt.Sprintf("%s (%d times)", weakTexts[w], n))
		}
	}
	return all
}

// PublicKey is how many values are encrypted to a certificate with nothing that
// says by whom.
func (d *Decoder) PublicKey() int { return d.openKey }

// Needs are the fields that a reader which is not blind would ask for.
func (d *Decoder) Needs() []fault.Field { return slices.Sorted(maps.Keys(d.needs)) }

// version is RFC 6030 section 11's VersionType: a reader refuses another major
// number and ignores the minor one (section 1.2).
var version = regexp.MustCompile(`^0?1\.[0-9]{1,3}$`)

// root reads up to what is inside KeyContainer.
func (d *Decoder) root() error {
	if _, err := d.xml.Next(); err != nil {
		return err
	}
	if why := CheckRoot(d.xml.Name); why != "" {
		return d.xml.Refuse("%s", why)
	}
	d.space = d.xml.Name.Space
	old := IsDraft(d.xml.Name)
	if old {
		if err := d.draft(); err != nil {
			return err
		}
	}
	versioned := false
	for _, a := range d.xml.Attrs { // what else a vendor says of the file is no part of any key
		switch a.Name.Local {
		case "Version":
			d.header.Version, versioned = a.Value, true
		case "Id", "id": // RFC 6030 figure 8 itself writes id
			d.header.ID = a.Value
		}
	}
	switch {
	case old:
		return nil
	case !versioned:
		return d.xml.Refuse("<KeyContainer> has no Version")
	case !version.MatchString(d.header.Version):
		return d.xml.Refuse("<KeyContainer> is of another Version than 1.0")
	}
	return nil
}

// part reads what comes next in the container; nil when it was no package.
func (d *Decoder) part() (*KeyPackage, error) {
	ev, err := d.xml.Next()
	switch {
	case err != nil:
		return nil, d.unclosed(err)
	case ev == xmlstream.End && d.count == 0:
		return nil, d.xml.Refuse("<KeyContainer> holds no <KeyPackage>")
	case ev == xmlstream.End:
		_, err := d.xml.Next()
		return nil, err // io.EOF as a rule
	case ev == xmlstream.Text && !d.xml.Blank():
		return nil, d.xml.Refuse("text between the elements of <KeyContainer>")
	case ev == xmlstream.Text:
		return nil, nil
	case d.xml.Name == signatureName && d.signed:
		return nil, d.xml.Refuse("<Signature> stands twice in <KeyContainer>")
	case d.xml.Name == signatureName: // it was verified before, or the caller refuses the file for it
		d.signed = true
		return nil, d.xml.Skip()
	case d.xml.Name.Space != d.space:
		return nil, d.vendorPart()
	}
	name, err := d.canonical("KeyContainer")
	switch {
	case err != nil:
		return nil, err
	case name == "KeyPackage" && d.signed:
		return nil, d.xml.Refuse("a <KeyPackage> behind the <Signature>")
	case name == "KeyPackage":
		return d.keyPackage()
	case name == "Extensions":
		return nil, d.xml.Skip()
	}
	return nil, d.headerPart(name)
}

// headerPart reads what counts for all packages, in which any fault is one of the
// whole file.
func (d *Decoder) headerPart(name string) error {
	read := map[string]func() error{
		"EncryptionKey": d.encryptionKey, "MACMethod": d.macMethod,
		"EncryptionMethod": d.draftEncryption, "DigestMethod": d.draftMAC, "MACAlgorithm": d.draftMAC,
	}[name]
	shown := xmlstream.Element(name)
	switch {
	case name == "Signature":
		return d.xml.Refuse("<Signature> is in the namespace of PSKC and not in that of XML signatures: nothing can verify it (RFC 6030 erratum 3418)")
	case read == nil:
		return d.xml.Refuse("<KeyContainer> has no element %s", shown)
	case d.count > 0:
		return d.xml.Refuse("%s behind a <KeyPackage>: what it says counts for those before it", shown)
	case name == "EncryptionKey" && d.header.Encryption != nil, name == "MACMethod" && d.header.MAC != nil:
		return d.xml.Refuse("%s stands twice in <KeyContainer>", shown)
	case name != "EncryptionKey" && name != "MACMethod":
		if err := d.draft(); err != nil {
			return err
		}
	}
	d.problem = nil
	if err := read(); err != nil {
		return err
	}
	if d.problem != nil {
		return fault.Errorf(fault.Refused, "%v", d.problem).WithHint(fetchAgain)
	}
	return nil
}

// unclosed admits, with Options.Compat, a container that ends between packages. As
// a rule it is a file that was cut.
func (d *Decoder) unclosed(err error) error {
	if len(d.xml.Open) != 1 || d.count == 0 || !d.xml.Cut {
		return err
	}
	if !d.options.Compat {
		d.cut = true
		err = d.need(fault.Compat, fault.Errorf(fault.Refused, "%v", err).
			WithHint("fetch the delivery again; if it is a log that was never closed, %s takes what is there, but whether packages are missing nobody can tell", fault.Compat))
	} else {
		err = d.weaken(weakEnd)
	}
	if err != nil {
		return err
	}
	return io.EOF
}

// Cut reports whether the container ended before its end, and nobody admitted that.
func (d *Decoder) Cut() bool { return d.cut }

// need is for what the operator must say: an error, or, for a reader that only
// looks, a note of the field.
func (d *Decoder) need(field fault.Field, why *fault.Error) error {
	if !d.options.Blind {
		return NeedError{field, why}
	}
	if d.needs == nil {
		d.needs = map[fault.Field]bool{}
	}
	d.needs[field] = true
	return nil
}
