package pskc

import (
	"bytes"
	"strings"
)

// keyPackage reads a KeyPackage that was just begun (RFC 6030 section 4.1).
func (d *Decoder) keyPackage() (*KeyPackage, error) {
	d.count++
	if d.count > d.most {
		return nil, d.scan.refuse("the container has more than %d packages; it has to come in parts", d.most)
	}
	p := &KeyPackage{N: d.count, Line: d.scan.line()}
	d.packaged = p
	err := d.children("KeyPackage", func(name string) error {
		switch name {
		case "DeviceInfo":
			return d.device(&p.Device)
		case "CryptoModuleInfo":
			return d.module(&p.ModuleID)
		case "Key":
			p.Key = new(Key)
			return d.key(p.Key)
		case "Extensions":
			return d.extensions()
		}
		return errUnknown
	})
	if err != nil {
		p.Clear()
		return nil, err
	}
	return p, nil
}

// extensions skips what RFC 6030 section 4.3 leaves to vendors: none of it can
// change what the rest means.
func (d *Decoder) extensions() error {
	d.packaged.Extended = true
	return d.scan.skip()
}

func (d *Decoder) device(i *DeviceInfo) error {
	return d.children("DeviceInfo", func(name string) error {
		switch name {
		case "Manufacturer":
			return d.read(name, &i.Manufacturer)
		case "SerialNo":
			return d.read(name, &i.SerialNo)
		case "Model":
			return d.read(name, &i.Model)
		case "IssueNo":
			return d.read(name, &i.IssueNo)
		case "DeviceBinding":
			return d.read(name, &i.Binding)
		case "StartDate":
			return d.moment(name, &i.Valid.Start)
		case "ExpiryDate":
			return d.moment(name, &i.Valid.Expiry)
		case "UserId":
			return d.read(name, &i.UserID)
		case "Expiry":
			return d.draftExpiry()
		case "Extensions":
			return d.extensions()
		}
		return errUnknown
	})
}

func (d *Decoder) module(id *string) error {
	return d.children("CryptoModuleInfo", func(name string) error {
		switch name {
		case "Id":
			return d.read(name, id)
		case "Extensions":
			return d.extensions()
		}
		return errUnknown
	})
}

func (d *Decoder) key(k *Key) error {
	err := d.attributes("Key", func(name, value string) bool {
		value = strings.Trim(value, spaces)
		switch name {
		case "Id", "id":
			k.ID = value
		case "Algorithm":
			k.Algorithm = value
		case "KeyId", "SecretId":
			k.ID = value
			return d.old()
		case "KeyAlgorithm", "SecretAlgorithm":
			k.Algorithm = draftAlgorithm(value)
			return d.old()
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	if k.ID == "" {
		d.complain("<Key> has no Id")
	}
	return d.children("Key", func(name string) error {
		switch name {
		case "Issuer":
			return d.read(name, &k.Issuer)
		case "AlgorithmParameters":
			return d.parameters(&k.Params)
		case "KeyProfileId":
			return d.read(name, &k.ProfileID)
		case "KeyReference":
			return d.read(name, &k.Reference)
		case "FriendlyName":
			return d.read(name, &k.FriendlyName)
		case "Data":
			return d.data(k)
		case "UserId":
			return d.read(name, &k.UserID)
		case "Policy":
			k.Policy = new(Policy)
			return d.policy(k.Policy)
		case "Extensions":
			return d.extensions()
		}
		return d.draftKey(k, name)
	})
}

func (d *Decoder) parameters(p *Parameters) error {
	return d.children("AlgorithmParameters", func(name string) error {
		switch name {
		case "Suite":
			p.Suite = new(string)
			return d.read(name, p.Suite)
		case "ChallengeFormat":
			p.Challenge = new(Format)
			return d.format(name, p.Challenge)
		case "ResponseFormat":
			p.Response = new(Format)
			return d.format(name, p.Response)
		case "Extensions":
			return d.extensions()
		}
		return errUnknown
	})
}

// format reads a format, which is nothing but attributes (RFC 6030 section
// 4.3.4).
func (d *Decoder) format(in string, f *Format) error {
	number := func(name, value string, to *int64) {
		n, err := integer([]byte(value))
		if err != nil || n < 0 {
			d.complain("the %s of <%s> is no number", name, in)
		}
		*to = n
	}
	checks := 0
	err := d.attributes(in, func(name, value string) bool {
		switch name {
		case "Encoding":
			f.Encoding = value
		case "Length":
			number(name, value, &f.Length)
		case "Format", "format":
			f.Encoding = value
			return d.old()
		case "length":
			number(name, value, &f.Length)
			return d.old()
		case "Min":
			number(name, value, &f.Min)
		case "Max":
			number(name, value, &f.Max)
		case "CheckDigits", "CheckDigit":
			checks++
			yes, ok := boolean(value)
			if !ok || checks > 1 {
				d.complain("the %s of <%s> is neither true nor false", name, in)
			}
			f.CheckDigits = yes
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	return d.children(in, func(string) error { return errUnknown })
}

func (d *Decoder) data(k *Key) error {
	return d.children("Data", func(name string) error { return d.datum(k, name) })
}

// datum reads one value of a key.
func (d *Decoder) datum(k *Key, name string) error {
	switch name {
	case "Secret":
		return value(d, name, &k.Secret, secret, openedSecret)
	case "Counter":
		return value(d, name, &k.Counter, d.whole, openedWhole)
	case "Time":
		return value(d, name, &k.Time, d.whole, openedWhole)
	case "TimeInterval":
		return value(d, name, &k.Interval, d.whole, openedWhole)
	case "TimeDrift":
		return value(d, name, &k.Drift, d.whole, openedWhole)
	}
	return errUnknown
}

// value reads what one child of Data holds: it is the same for a secret and for
// a number, but for what the text and the decrypted bytes mean.
func value[T any](d *Decoder, in string, v *Value[T], parse, opened func([]byte) (T, error)) error {
	v.Given = true
	plain := false
	var sealed sealedValue
	var old []byte // of drafts: plain or encrypted, which is known only at the end
	err := d.children(in, func(name string) (err error) {
		switch name {
		case "PlainValue":
			plain = true
			b, err := d.textOf(name)
			if err != nil {
				return err
			}
			if v.Plain, err = parse(b); err != nil {
				d.complain("<%s> %v", in, err)
			}
			return nil
		case "EncryptedValue":
			v.Encrypted = true
			return d.encryptedData(name, &sealed.encrypted)
		case "ValueMAC":
			sealed.hasMAC = true
			sealed.mac, err = d.bytesOf(name, maxMAC)
			return err
		case "Value":
			if err := d.draft(); err != nil {
				return err
			}
			b, err := d.textOf(name)
			old = bytes.Clone(b)
			return err
		}
		return errUnknown
	})
	switch {
	case err != nil:
		return err
	case old != nil && !plain && !v.Encrypted:
		draftValue(d, in, old, v, &sealed, parse)
	case plain == v.Encrypted:
		d.complain("<%s> must have a PlainValue or an EncryptedValue", in)
	case plain:
		d.checkPlain(in, sealed.hasMAC)
	}
	if !v.Encrypted || d.packaged.Problem != nil {
		return nil
	}
	b, err := d.open(in, &sealed)
	if b == nil || err != nil {
		v.Closed = true
		return err
	}
	if v.Plain, err = opened(b); err != nil {
		clear(b)
		d.complain("<%s> %v", in, err)
	}
	return nil
}

// checkPlain refuses what somebody may have put in the place of an encrypted
// value. RFC 6030 has MACs of encrypted values only.
func (d *Decoder) checkPlain(in string, hasMAC bool) {
	switch h := d.header; {
	case in == "Secret" && (h.Encryption != nil || h.MAC != nil):
		d.complain("the <Secret> is plain, in a container whose secrets are encrypted: it may have been put there")
	case hasMAC:
		d.complain("<%s> has a PlainValue with a ValueMAC; RFC 6030 has MACs of encrypted values", in)
	}
}
