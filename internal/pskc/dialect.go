package pskc

import (
	"encoding/base64"
	"encoding/xml"
	"fob/internal/fault"
	"slices"
	"strings"
)

// weakness is what Options.Compat admits: forms from before RFC 6030 or of
// faulty tools, in which something is checked less well or cannot be checked.
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
}

// weaken counts a use of a weakness, or refuses it without Options.Compat.
func (d *Decoder) weaken(w weakness) error {
	if !d.options.Compat {
		return d.need(NeedError{fault.Compat, fault.Errorf(fault.Refused, "line %d: %s", d.scan.line(), weakTexts[w]).
			WithHint("ask the supplier for a file that follows RFC 6030; --compat reads it all the same, and the summary says what could not be checked")})
	}
	d.weak[w]++
	return nil
}

// need is for what the operator must say: an error, or, for a reader that only
// looks, a note of the flag.
func (d *Decoder) need(e NeedError) error {
	if !d.options.Blind {
		return e
	}
	if d.needs == nil {
		d.needs = map[fault.Field]bool{}
	}
	d.needs[e.Field] = true
	return nil
}

// renamed are the elements that drafts had under other names, inside those of
// RFC 6030.
var renamed = map[[2]string]string{
	{"KeyContainer", "Device"}: "KeyPackage",
	{"KeyPackage", "DeviceId"}: "DeviceInfo",
	{"KeyPackage", "Secret"}:   "Key",

	{"Secret", "ValueDigest"}:       "ValueMAC",
	{"Counter", "ValueDigest"}:      "ValueMAC",
	{"Time", "ValueDigest"}:         "ValueMAC",
	{"TimeInterval", "ValueDigest"}: "ValueMAC",
	{"TimeDrift", "ValueDigest"}:    "ValueMAC",
}

// canonical gives the element just begun RFC 6030's name. Data with a Name, of
// which drafts have several, becomes "Data " and that name.
func (d *Decoder) canonical(in string) (string, error) {
	name := d.scan.name.Local
	if in == "Key" && name == "Data" {
		return d.dataName()
	}
	now, old := renamed[[2]string{in, name}]
	if !old {
		return name, nil
	}
	return now, d.draft()
}

func (d *Decoder) dataName() (string, error) {
	if len(d.scan.attrs) != 1 || d.scan.attrs[0].Name != (xml.Name{Local: "Name"}) {
		return "Data", nil
	}
	name := namedData + strings.ToUpper(d.scan.attrs[0].Value)
	d.scan.attrs = nil
	return name, d.draft()
}

const namedData = "Data "

// dataNames are RFC 6030's elements for the names that drafts give to Data.
var dataNames = map[string]string{
	"SECRET": "Secret", "COUNTER": "Counter", "TIME": "Time", "TIME_INTERVAL": "TimeInterval", "TIME_DRIFT": "TimeDrift",
}

// draftKey reads what a key has only in drafts.
func (d *Decoder) draftKey(k *Key, name string) error {
	if data, ok := strings.CutPrefix(name, namedData); ok {
		return d.datum(k, dataNames[data])
	}
	if !d.old() {
		return errUnknown
	}
	if k.Policy == nil {
		k.Policy = new(Policy)
	}
	switch name {
	case "StartDate":
		return d.moment(name, &k.Policy.Valid.Start)
	case "ExpiryDate":
		return d.moment(name, &k.Policy.Valid.Expiry)
	case "Usage":
		return d.draftUsage(k)
	}
	return errUnknown
}

// draftUsage reads a Usage: what later became KeyUsage as attributes, and the
// formats of challenge and response.
func (d *Decoder) draftUsage(k *Key) error {
	err := d.attributes("Usage", func(name, value string) bool {
		yes, ok := boolean(value)
		if !ok || !slices.Contains(usages, name) {
			return false
		}
		if yes {
			k.Policy.Usages = append(k.Policy.Usages, name)
		}
		return true
	})
	if err != nil {
		return err
	}
	return d.parameters(&k.Params)
}

// draftExpiry skips a date such as 01/02/2008.
func (d *Decoder) draftExpiry() error {
	if !d.old() {
		return errUnknown
	}
	if err := d.weaken(weakExpiry); err != nil {
		return err
	}
	return d.scan.skip()
}

// draftValue decides what the Value of a draft is: encrypted where the container
// says how and a MAC stands beside it, else plain.
func draftValue[T any](d *Decoder, in string, text []byte, v *Value[T], sealed *sealedValue, parse func([]byte) (T, error)) {
	e := d.header.Encryption
	switch {
	case e != nil && sealed.hasMAC:
		data, err := base64.StdEncoding.Strict().DecodeString(string(squeeze(text)))
		if err != nil || len(data) == 0 || len(data) > maxCipher {
			d.complain("<%s> is not base64, or too long", in)
		}
		v.Encrypted = true
		sealed.encrypted = encrypted{uri: e.cipher, data: data, iv: e.iv}
		return
	case e != nil && in == "Secret":
		d.complain("<%s> has no ValueDigest, in a container whose secrets are encrypted", in)
		return
	case sealed.hasMAC:
		d.weak[weakDigest]++
	}
	var err error
	if v.Plain, err = parse(text); err != nil {
		d.complain("<%s> %v", in, err)
	}
}

// draft admits what only drafts have; it is told once a file.
func (d *Decoder) draft() error {
	if d.weak[weakDraft] > 0 {
		return nil
	}
	return d.weaken(weakDraft)
}

// old reports whether what only drafts have is admitted.
func (d *Decoder) old() bool { return d.draft() == nil }

// draftPart reads what the containers of drafts had beside packages: how all
// values are encrypted and authenticated.
func (d *Decoder) draftPart(name string) (known bool, err error) {
	if !slices.Contains(beforePackages[2:], name) {
		return false, nil
	}
	if err := d.draft(); err != nil {
		return true, err
	}
	return true, d.headerPart(func() error {
		if name == "EncryptionMethod" {
			return d.draftEncryption()
		}
		return d.draftMAC(name)
	})
}

// draftEncryption reads an EncryptionMethod of the whole container.
func (d *Decoder) draftEncryption() error {
	uri := ""
	err := d.attributes("EncryptionMethod", func(name, value string) bool {
		if name != "Algorithm" && name != "algorithm" {
			return false
		}
		uri = value
		return true
	})
	if err != nil {
		return err
	}
	if uri == "NONE" {
		return d.scan.skip()
	}
	e := &Encryption{cipher: uri}
	if d.header.Encryption != nil {
		d.complain("<EncryptionMethod> beside an <EncryptionKey>")
	}
	d.header.Encryption = e
	return d.foreign("EncryptionMethod", func(_, name string) (err error) {
		switch name {
		case "IV":
			if err := d.weaken(weakIV); err != nil {
				return err
			}
			e.iv, err = d.bytesOf(name, maxIV)
			return err
		case "PBESalt", "PBEIterationCount":
			d.complain("the values are encrypted with %s and a passphrase, which fob does not read", shownName(uri))
			return d.scan.skip()
		case "KeyInfo":
			return d.scan.skip()
		}
		return errUnknown
	})
}

// draftMAC reads a DigestMethod, whose algorithm is an attribute, or a
// MACAlgorithm, whose text it is. The key of the MACs is that of the values.
func (d *Decoder) draftMAC(element string) (err error) {
	uri := ""
	if element == "MACAlgorithm" {
		err = d.read(element, &uri)
	} else {
		err = d.attributes(element, func(name, value string) bool {
			if name != "Algorithm" && name != "algorithm" {
				return false
			}
			uri = value
			return true
		})
		if err == nil {
			err = d.children(element, func(string) error { return errUnknown })
		}
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
