package pskc

import (
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// weakness is what Options admit: forms from before RFC 6030 or of faulty tools,
// in which something is checked less well or cannot be checked.
type weakness int

const (
	weakDraft weakness = iota
	weakMACKey
	weakMACPlain
	weakIV
	weakDigest
	weakNumber
	weakExpiry
	weakEnd
	weakVendor
	weakEmptyKey
	weakNoMAC // admitted by Options.Unauthenticated, the others by Options.Compat
	weaknesses
)

// weakTexts say what each weakness is, for the summary of an import.
var weakTexts = [weaknesses]string{
	weakDraft:    "the container has a form from before RFC 6030, whose rules for MACs are weaker",
	weakMACKey:   "the key of the MACs is the one that encrypts",
	weakMACPlain: "a MAC is over the plain value, which is decrypted before anything is verified",
	weakIV:       "an initialisation vector stands beside its value, or is one for all",
	weakDigest:   "a MAC of a plain value, which proves nothing, is not verified",
	weakNumber:   "a plain number is in base64, which may be meant otherwise",
	weakExpiry:   "an expiry date in a form that leaves day and month open is not read",
	weakEnd:      "the end of the container is missing, as in a log that was not closed: whether packages are missing nobody can tell",
	weakVendor:   "elements of a vendor's own are not read: whether they change what the codes are nobody can tell",
	weakEmptyKey: "<EncryptionKey> is empty: which key the values are encrypted with it does not say",
	weakNoMAC:    "values that no MAC protects: a change or a wrong key does not show",
}

// weaken counts a use of a weakness, or refuses it without Options.Compat.
func (d *Decoder) weaken(w weakness) error {
	if !d.options.Compat {
		return d.need(fault.Compat, fault.Errorf(fault.Refused, "line %d: %s", d.xml.Line(), weakTexts[w]).
			WithHint("ask the supplier for a file that follows RFC 6030; %s reads it all the same, and the summary says what could not be checked", fault.Compat))
	}
	d.weak[w]++
	return nil
}

// draft admits what only drafts have; it is said once a file.
func (d *Decoder) draft() error {
	if d.weak[weakDraft] > 0 {
		return nil
	}
	return d.weaken(weakDraft)
}

// old reports whether what only drafts have is admitted.
func (d *Decoder) old() bool { return d.draft() == nil }

// canonical is RFC 6030's name of the element just begun, which drafts called
// otherwise. Data with a Name, of which drafts have several, becomes namedData and
// that name.
func (d *Decoder) canonical(in string) (name string, err error) {
	name = d.xml.Name.Local
	switch {
	case in == "KeyContainer" && name == "Device":
		name = "KeyPackage"
	case in == "KeyPackage" && name == "DeviceId":
		name = "DeviceInfo"
	case in == "KeyPackage" && name == "Secret":
		name = "Key"
	case name == "ValueDigest" && slices.Contains(valueNames, in):
		name = "ValueMAC"
	case in == "Key" && name == "Data" && len(d.xml.Attrs) == 1 && d.xml.Attrs[0].Name == (xml.Name{Local: "Name"}):
		name = namedData + strings.ToLower(strings.ReplaceAll(d.xml.Attrs[0].Value, "_", ""))
		d.xml.Attrs = nil
	default:
		return name, nil
	}
	return name, d.draft()
}

const namedData = "Data "

// draftKey is what a key has only in drafts.
func (d *Decoder) draftKey(k *Key) (old fields) {
	for _, v := range k.values() {
		old = append(old, field{namedData + strings.ToLower(v.name), func() error { return d.read(v.name, v.to) }})
	}
	policy := func(to func(*Policy) error) func() error {
		return func() error {
			if k.Policy == nil {
				k.Policy = new(Policy)
			}
			return to(k.Policy)
		}
	}
	return append(old,
		field{"StartDate", policy(func(p *Policy) error { return d.moment("StartDate", &p.Valid.Start) })},
		field{"ExpiryDate", policy(func(p *Policy) error { return d.moment("ExpiryDate", &p.Valid.Expiry) })},
		field{"Usage", policy(func(p *Policy) error { return d.draftUsage(k, p) })})
}

// draftUsage reads a Usage: what later became KeyUsage as attributes, and the
// formats of challenge and response.
func (d *Decoder) draftUsage(k *Key, p *Policy) error {
	var known fields
	for _, usage := range usages {
		known = append(known, field{usage, func(value string) bool {
			yes, ok := boolean(value)
			if yes {
				p.Usages = append(p.Usages, usage)
			}
			return ok
		}})
	}
	if err := d.attributes("Usage", known); err != nil {
		return err
	}
	return d.children("AlgorithmParameters", k.Params.fields())
}

// draftExpiry is a date such as 01/02/2008, which is not read.
type draftExpiry struct{}

// draftValue decides what the Value of a draft is: encrypted where the container
// says how and a MAC stands beside it, else plain.
func (d *Decoder) draftValue(in string, text []byte, sealed *sealedValue) (encrypts bool) {
	e := d.header.Encryption
	switch {
	case e != nil && sealed.hasMAC:
		data, err := base64.StdEncoding.Strict().DecodeString(string(squeeze(text)))
		if err != nil || len(data) == 0 || len(data) > maxBytes["CipherValue"] {
			d.complain("<%s> is not base64, or too long", in)
		}
		sealed.encrypted = encrypted{uri: e.cipher, data: data, iv: e.iv}
		return true
	case e != nil && in == "Secret":
		d.complain("<%s> has no ValueDigest, in a container whose secrets are encrypted", in)
	case sealed.hasMAC:
		d.weak[weakDigest]++
	}
	return false
}

// vectorBeside reads an initialisation vector that stands beside its value.
func (d *Decoder) vectorBeside(to *[]byte) error {
	if err := d.weaken(weakIV); err != nil {
		return err
	}
	return d.read("IV", to)
}

// draftEncryption reads an EncryptionMethod of the whole container.
func (d *Decoder) draftEncryption() error {
	uri, err := d.draftAlgorithmOf("EncryptionMethod")
	if err != nil {
		return err
	}
	if uri == "NONE" {
		return d.xml.Skip()
	}
	if d.header.Encryption != nil {
		d.complain("<EncryptionMethod> beside an <EncryptionKey>")
	}
	e := &Encryption{cipher: uri}
	d.header.Encryption = e
	passphrase := func() error {
		d.complain("the values are encrypted with %s and a passphrase, which fob does not read", xmlstream.Name(uri))
		return d.xml.Skip()
	}
	return d.foreign("EncryptionMethod", field{"IV", func() error { return d.vectorBeside(&e.iv) }}, field{"PBESalt", passphrase}, field{"PBEIterationCount", passphrase}, field{"KeyInfo", nil})
}

func (d *Decoder) draftAlgorithmOf(in string) (uri string, err error) {
	err = d.attributes(in, fields{{"Algorithm", &uri}, {"algorithm", &uri}})
	return uri, err
}

// draftMAC reads a DigestMethod, whose algorithm is an attribute, or a
// MACAlgorithm, whose text it is. The key of the MACs is that of the values.
func (d *Decoder) draftMAC() (err error) {
	uri := ""
	if in := d.xml.Name.Local; in == "MACAlgorithm" {
		err = d.read(in, &uri)
	} else if uri, err = d.draftAlgorithmOf(in); err == nil {
		err = d.children(in, nil)
	}
	if err != nil {
		return err
	}
	if uri == "HMAC-SHA1" {
		uri = MACHMACSHA1
	}
	m := &MACMethod{draft: true}
	d.header.MAC = m
	if m.MAC, err = FindMAC(uri); err != nil {
		d.fail(err)
		return nil
	}
	return d.weaken(weakMACKey)
}

// vendorPlaces are where elements of other namespaces stand: RFC 6030's schema has
// them in Data, and vendors put them elsewhere as well. In a Policy they forbid
// the use of the key (section 5), beside a value they would say what it means.
var vendorPlaces = []string{"KeyPackage", "DeviceInfo", "CryptoModuleInfo", "Key", "AlgorithmParameters", "Data"}

// ownNames are the elements of RFC 6030 and of the drafts before it. Under such a
// name an element of another namespace is a mistake, and what it holds may be what
// is missed.
var ownNames = strings.Fields(`KeyContainer EncryptionKey MACMethod MACKey MACKeyReference KeyPackage Signature Extensions
	DeviceInfo Manufacturer SerialNo Model IssueNo DeviceBinding StartDate ExpiryDate UserId CryptoModuleInfo Id
	Key Issuer AlgorithmParameters Suite ChallengeFormat ResponseFormat KeyProfileId KeyReference FriendlyName
	Data Secret Counter Time TimeInterval TimeDrift PlainValue EncryptedValue ValueMAC
	Policy PINPolicy KeyUsage NumberOfTransactions
	Device DeviceId Usage Value ValueDigest EncryptionMethod DigestMethod MACAlgorithm`)

func ownName(name string) bool {
	return slices.ContainsFunc(ownNames, func(own string) bool { return strings.EqualFold(own, name) })
}

// vendorElement skips an element of another namespace inside a package, which is
// the package's problem where it may matter.
func (d *Decoder) vendorElement(in string) error {
	name := d.xml.Name.Local
	says := fault.Textf("%s in <%s> is not in the namespace of PSKC%s", xmlstream.Element(name), in, forbids(in))
	switch {
	case !slices.Contains(vendorPlaces, in) || ownName(name):
		d.complain("%s", says)
	case d.weaken(weakVendor) != nil:
		d.complain("%s; %s skips what is of a vendor's own", says, fault.Compat)
	}
	return d.xml.Skip()
}

// vendorPart does so beside the packages.
func (d *Decoder) vendorPart() error {
	name := d.xml.Name.Local
	e := d.xml.Refuse("%s in <KeyContainer> is not in the namespace of PSKC", xmlstream.Element(name))
	if ownName(name) {
		return e
	}
	if err := d.weaken(weakVendor); err != nil {
		return NeedError{fault.Compat, e.WithHint("ask the supplier for a file that follows RFC 6030; %s skips what is of a vendor's own", fault.Compat)}
	}
	return d.xml.Skip()
}
