package pskc

import (
	"fob/internal/fault"
	"strings"
)

// header reads EncryptionKey or MACMethod, in which any fault is one of the
// whole file.
func (d *Decoder) headerPart(read func() error) error {
	d.packaged = &KeyPackage{}
	defer func() { d.packaged = nil }()
	if err := read(); err != nil {
		return err
	}
	if p := d.packaged.Problem; p != nil {
		return fault.Errorf(fault.Refused, "%v", p).WithHint(fetchAgain)
	}
	return nil
}

// encryptionKey reads an EncryptionKey, a ds:KeyInfo that has exactly one way to
// the key (RFC 6030 section 6).
func (d *Decoder) encryptionKey() error {
	e := new(Encryption)
	d.header.Encryption = e
	ways := 0
	if err := d.attributes("EncryptionKey", isID); err != nil {
		return err
	}
	err := d.foreign("EncryptionKey", func(space, name string) error {
		ways++
		switch {
		case space == namespaceDS && name == "KeyName":
			return d.read(name, &e.KeyName)
		case space == namespaceDS && name == "X509Data":
			e.RSA = true
			return d.x509Data(e)
		case name == "DerivedKey" && (space == namespaceXenc11 || space == d.space):
			return d.derivedKey(e)
		}
		return errUnknown
	})
	if err == nil && ways != 1 {
		d.complain("<EncryptionKey> has %d ways to the key; RFC 6030 section 6 has one", ways)
	}
	return err
}

func isID(name, _ string) bool { return name == "Id" || name == "id" }

func (d *Decoder) x509Data(e *Encryption) error {
	return d.foreign("X509Data", func(space, name string) error {
		if space != namespaceDS {
			return errUnknown
		}
		switch name {
		case "X509Certificate":
			der, err := d.bytesOf(name, maxCertificate)
			e.Certificates = append(e.Certificates, der)
			return err
		case "X509SubjectName", "X509SKI", "X509CRL":
			return d.scan.skip()
		case "X509IssuerSerial":
			return d.scan.skip()
		}
		return errUnknown
	})
}

// derivedKey reads a DerivedKey (RFC 6030 section 6.2, XML Encryption 1.1
// section 3.5.2). What it lists as encrypted by it is not needed.
func (d *Decoder) derivedKey(e *Encryption) error {
	known := func(name, _ string) bool { return isID(name, "") || name == "Type" || name == "Recipient" }
	if err := d.attributes("DerivedKey", known); err != nil {
		return err
	}
	method := false
	err := d.foreign("DerivedKey", func(space, name string) error {
		switch name {
		case "KeyDerivationMethod":
			method = true
			return d.derivation(e)
		case "MasterKeyName", "CarriedKeyName", "DerivedKeyName":
			return d.read(name, &e.KeyName)
		case "ReferenceList":
			return d.scan.skip()
		}
		return errUnknown
	})
	if err == nil && !method {
		d.complain("<DerivedKey> has no KeyDerivationMethod")
	}
	return err
}

func (d *Decoder) derivation(e *Encryption) error {
	uri, err := d.algorithm("KeyDerivationMethod")
	if err != nil {
		return err
	}
	if err := FindKDF(uri); err != nil {
		d.fail(err)
		return d.scan.skip()
	}
	return d.foreign("KeyDerivationMethod", func(_, name string) error {
		if name != "PBKDF2-params" {
			return errUnknown
		}
		e.Derivation = &PBKDF2{}
		if err := d.pbkdf2(e.Derivation); err != nil {
			return err
		}
		if d.packaged.Problem == nil {
			d.fail(e.Derivation.Check())
		}
		return nil
	})
}

// pbkdf2 reads PBKDF2-params. Its children have no namespace in RFC 6030 figure
// 7, that of PSKC where that is the default one, that of PKCS #5 in drafts and
// that of XML Encryption 1.1 in others: inside this element only names count.
func (d *Decoder) pbkdf2(p *PBKDF2) error {
	prf := ""
	err := d.foreign("PBKDF2-params", func(_, name string) (err error) {
		switch name {
		case "Salt":
			return d.foreign(name, func(_, name string) (err error) {
				if name != "Specified" {
					return errUnknown
				}
				p.Salt, err = d.bytesOf(name, maxSalt)
				return err
			})
		case "IterationCount":
			return d.number(name, &p.Iterations)
		case "KeyLength":
			return d.number(name, &p.KeyLength)
		case "PRF":
			prf, err = d.algorithm(name)
			if err != nil {
				return err
			}
			return d.foreign(name, func(string, string) error { return errUnknown })
		}
		return errUnknown
	})
	if err != nil {
		return err
	}
	mac, err := FindPRF(prf)
	if err != nil {
		d.fail(err)
	}
	p.PRF = mac
	return nil
}

// number reads an element that must hold a whole number.
func (d *Decoder) number(in string, to *int64) error {
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
}

// algorithm gives the Algorithm of the element just begun.
func (d *Decoder) algorithm(in string) (uri string, err error) {
	err = d.attributes(in, func(name, value string) bool {
		if name != "Algorithm" {
			return isID(name, value)
		}
		uri = strings.Trim(value, spaces)
		return true
	})
	return uri, err
}

// macMethod reads a MACMethod (RFC 6030 section 6.1.1).
func (d *Decoder) macMethod() error {
	m := new(MACMethod)
	d.header.MAC = m
	uri, err := d.algorithm("MACMethod")
	if err != nil {
		return err
	}
	if m.MAC, err = FindMAC(uri); err != nil {
		d.fail(err)
	}
	err = d.children("MACMethod", func(name string) error {
		switch name {
		case "MACKey":
			m.key = new(encrypted)
			return d.encryptedData(name, m.key)
		case "MACKeyReference":
			return d.read(name, &m.Reference)
		}
		return errUnknown
	})
	switch {
	case err != nil:
		return err
	case m.key != nil && m.Reference != "":
		d.complain("<MACMethod> has a MACKey and a MACKeyReference; RFC 6030 section 6.1.1 has one of them")
	case m.key == nil && m.Reference == "" && d.packaged.Problem == nil:
		return d.weaken(weakMACKey)
	}
	return nil
}

// fail notes what is wrong with the package or header that is being read, as
// complain does. No error is no problem.
func (d *Decoder) fail(err error) {
	if err != nil && d.packaged.Problem == nil {
		d.packaged.Problem = fault.Wrap(fault.KindOf(err), err, "line %d", d.scan.line())
	}
}
