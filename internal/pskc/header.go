package pskc

import "fob/internal/fault"

// encryptionKey reads an EncryptionKey, a ds:KeyInfo that has exactly one way to
// the key (RFC 6030 section 6).
func (d *Decoder) encryptionKey() error {
	e := new(Encryption)
	d.header.Encryption = e
	if err := d.attributes("EncryptionKey", ids); err != nil {
		return err
	}
	ways := 0
	way := func(read func() error) func() error {
		return func() error {
			ways++
			return read()
		}
	}
	err := d.foreign("EncryptionKey",
		field{"ds:KeyName", way(func() error { return d.read("KeyName", &e.KeyName) })},
		field{"ds:X509Data", way(func() error {
			e.RSA = true
			return d.foreign("X509Data", field{"ds:X509Certificate", &e.Certificates},
				field{"ds:X509SubjectName", nil}, field{"ds:X509SKI", nil}, field{"ds:X509CRL", nil}, field{"ds:X509IssuerSerial", nil})
		})},
		field{"DerivedKey", way(func() error {
			if s := d.xml.Name.Space; s != namespaceXenc11 && s != d.space {
				return errUnknown
			}
			return d.derivedKey(e)
		})})
	if err == nil && ways == 0 && (d.options.Compat || d.options.Blind) {
		d.header.Encryption = nil // as if it were not there
		return d.weaken(weakEmptyKey)
	}
	if err == nil && ways != 1 {
		d.complain("<EncryptionKey> has %d ways to the key; RFC 6030 section 6 has one (%s takes an empty one for none)", ways, fault.Compat)
	}
	return err
}

// ids are attributes that nearly everything may have.
var ids = fields{{"Id", nil}, {"id", nil}}

// derivedKey reads a DerivedKey (RFC 6030 section 6.2, XML Encryption 1.1
// section 3.5.2). What it lists as encrypted by it is not needed.
func (d *Decoder) derivedKey(e *Encryption) error {
	if err := d.attributes("DerivedKey", append(fields{{"Type", nil}, {"Recipient", nil}}, ids...)); err != nil {
		return err
	}
	method := false
	err := d.foreign("DerivedKey",
		field{"KeyDerivationMethod", func() error {
			method = true
			return d.derivation(e)
		}},
		field{"MasterKeyName", &e.KeyName}, field{"CarriedKeyName", &e.KeyName}, field{"DerivedKeyName", &e.KeyName}, field{"ReferenceList", nil})
	if err == nil && !method {
		d.complain("<DerivedKey> has no KeyDerivationMethod")
	}
	return err
}

// derivation reads a KeyDerivationMethod. The children of PBKDF2-params have no
// namespace in RFC 6030 figure 7, that of PSKC where that is the default one, that
// of PKCS #5 in drafts and that of XML Encryption 1.1 in others: inside this
// element only names count.
func (d *Decoder) derivation(e *Encryption) error {
	uri := ""
	if err := d.algorithm("KeyDerivationMethod", &uri); err != nil {
		return err
	}
	if err := FindKDF(uri); err != nil {
		d.fail(err)
		return d.xml.Skip()
	}
	p := new(PBKDF2)
	prf := ""
	params := func() error {
		e.Derivation = p
		return d.foreign("PBKDF2-params",
			field{"Salt", func() error { return d.foreign("Salt", field{"Specified", &p.Salt}) }},
			field{"IterationCount", &p.Iterations}, field{"KeyLength", &p.KeyLength},
			field{"PRF", func() error { return d.emptyAlgorithm("PRF", &prf) }})
	}
	err := d.foreign("KeyDerivationMethod", field{"PBKDF2-params", params})
	if err != nil || e.Derivation == nil {
		return err
	}
	if p.PRF, err = FindPRF(prf); err != nil {
		d.fail(err)
	}
	if d.problem == nil {
		d.fail(p.Check())
	}
	return nil
}

// algorithm reads the Algorithm of the element just begun.
func (d *Decoder) algorithm(in string, uri *string) error {
	return d.attributes(in, fields{{"Algorithm", uri}, {"Id", nil}, {"id", nil}})
}

// emptyAlgorithm reads an element that is nothing but its Algorithm.
func (d *Decoder) emptyAlgorithm(in string, uri *string) error {
	if err := d.algorithm(in, uri); err != nil {
		return err
	}
	return d.foreign(in)
}

// macMethod reads a MACMethod (RFC 6030 section 6.1.1).
func (d *Decoder) macMethod() error {
	m := new(MACMethod)
	d.header.MAC = m
	uri := ""
	err := d.algorithm("MACMethod", &uri)
	if err != nil {
		return err
	}
	if m.MAC, err = FindMAC(uri); err != nil {
		d.fail(err)
	}
	err = d.children("MACMethod", fields{
		{"MACKey", func() error {
			m.key = new(encrypted)
			return d.encryptedData("MACKey", m.key)
		}},
		{"MACKeyReference", &m.Reference},
	})
	switch {
	case err != nil:
		return err
	case m.key != nil && m.Reference != "":
		d.complain("<MACMethod> has a MACKey and a MACKeyReference; RFC 6030 section 6.1.1 has one of them")
	case m.key == nil && m.Reference == "" && d.problem == nil:
		return d.weaken(weakMACKey)
	}
	return nil
}

// encrypted is an xenc:EncryptedData: an EncryptedValue or a MACKey.
type encrypted struct {
	uri         string // of the algorithm
	digest, mgf string // of OAEP
	label       []byte
	data        []byte // CipherValue, decoded: the initialisation vector first
	iv          []byte // of drafts, which have it beside
	keyName     string // of its own KeyInfo; empty: none
}

// encryptedData reads the element just begun as an xenc:EncryptedData.
func (d *Decoder) encryptedData(in string, e *encrypted) error {
	if err := d.attributes(in, encryptedAttrs); err != nil {
		return err
	}
	err := d.foreign(in, field{"xenc:EncryptionMethod", e}, field{"xenc:CipherData", e}, field{"xenc:EncryptionProperties", nil}, field{"ds:KeyInfo", e})
	if err == nil && e.data == nil {
		d.complain("<%s> has no CipherValue", in)
	}
	return err
}

var encryptedAttrs = append(fields{{"Type", nil}, {"MimeType", nil}, {"Encoding", nil}}, ids...)

// encryptedPart reads an element inside an EncryptedData. A CipherReference would
// name another file.
func (d *Decoder) encryptedPart(in string, e *encrypted) error {
	switch in {
	case "CipherData":
		return d.foreign(in, field{"xenc:CipherValue", &e.data})
	case "KeyInfo":
		return d.foreign(in, field{"ds:KeyName", &e.keyName})
	case "DigestMethod":
		return d.emptyAlgorithm(in, &e.digest)
	case "MGF":
		return d.emptyAlgorithm(in, &e.mgf)
	case "IV":
		return d.vectorBeside(&e.iv)
	}
	if err := d.algorithm(in, &e.uri); err != nil {
		return err
	}
	return d.foreign(in,
		field{"xenc:KeySize", nil}, // the algorithm says it
		field{"xenc:OAEPparams", &e.label}, field{"ds:DigestMethod", e}, field{"xenc11:MGF", e}, field{"IV", e})
}
