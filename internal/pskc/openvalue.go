package pskc

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

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
	known := func(name, _ string) bool {
		return isID(name, "") || name == "Type" || name == "MimeType" || name == "Encoding"
	}
	if err := d.attributes(in, known); err != nil {
		return err
	}
	err := d.foreign(in, func(space, name string) error {
		switch {
		case space == namespaceXenc && name == "EncryptionMethod":
			return d.encryptionMethod(e)
		case space == namespaceXenc && name == "CipherData":
			return d.cipherData(e)
		case space == namespaceXenc && name == "EncryptionProperties":
			return d.scan.skip()
		case space == namespaceDS && name == "KeyInfo":
			return d.keyInfo(e)
		}
		return errUnknown
	})
	if err == nil && e.data == nil {
		d.complain("<%s> has no CipherValue", in)
	}
	return err
}

// keyInfo reads the key's name that a value may repeat.
func (d *Decoder) keyInfo(e *encrypted) error {
	return d.foreign("KeyInfo", func(space, name string) error {
		if space != namespaceDS || name != "KeyName" {
			return errUnknown
		}
		return d.read(name, &e.keyName)
	})
}

func (d *Decoder) encryptionMethod(e *encrypted) (err error) {
	if e.uri, err = d.algorithm("EncryptionMethod"); err != nil {
		return err
	}
	return d.foreign("EncryptionMethod", func(space, name string) (err error) {
		switch {
		case space == namespaceXenc && name == "KeySize":
			return d.scan.skip() // the algorithm says it
		case space == namespaceXenc && name == "OAEPparams":
			e.label, err = d.bytesOf(name, maxLabel)
			return err
		case space == namespaceDS && name == "DigestMethod":
			e.digest, err = d.emptyAlgorithm(name)
			return err
		case space == namespaceXenc11 && name == "MGF":
			e.mgf, err = d.emptyAlgorithm(name)
			return err
		case name == "IV":
			if err := d.weaken(weakIV); err != nil {
				return err
			}
			e.iv, err = d.bytesOf(name, maxIV)
			return err
		}
		return errUnknown
	})
}

// emptyAlgorithm reads an element that is nothing but its Algorithm.
func (d *Decoder) emptyAlgorithm(in string) (uri string, err error) {
	if uri, err = d.algorithm(in); err != nil {
		return "", err
	}
	return uri, d.foreign(in, func(string, string) error { return errUnknown })
}

func (d *Decoder) cipherData(e *encrypted) error {
	return d.foreign("CipherData", func(space, name string) (err error) {
		if space != namespaceXenc || name != "CipherValue" {
			return errUnknown // a CipherReference names another file
		}
		e.data, err = d.bytesOf(name, maxCipher)
		return err
	})
}

// bytesOf reads an xs:base64Binary: white space may stand anywhere, padding must
// be there. What is no base64 or too long is a problem and gives no bytes.
func (d *Decoder) bytesOf(in string, most int) ([]byte, error) {
	text, err := d.textOf(in)
	if err != nil {
		return nil, err
	}
	text = squeeze(text)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(out, text)
	switch {
	case err != nil:
		d.complain("<%s>%s %s", in, d.within(), notBase64)
		return nil, nil
	case n == 0:
		d.complain("<%s>%s %v", in, d.within(), errEmpty)
		return nil, nil
	case n > most:
		d.complain("<%s>%s has %d bytes, %d are the most", in, d.within(), n, most)
		return nil, nil
	}
	return out[:n:n], nil
}

// within tells which value what was just read is a part of: in a file of one line
// the line says little.
func (d *Decoder) within() string {
	for i := len(d.scan.open) - 1; i >= 0; i-- {
		if name := d.scan.open[i].Local; name == "MACKey" || slices.Contains(valueNames, name) {
			return " of <" + name + ">"
		}
	}
	return ""
}

// valueNames are the children of Data (RFC 6030 section 4.2).
var valueNames = slices.Collect(maps.Values(dataNames))

// squeeze removes all white space, in place.
func squeeze(text []byte) []byte {
	n := 0
	for _, c := range text {
		if strings.IndexByte(spaces, c) < 0 {
			text[n] = c
			n++
		}
	}
	return text[:n]
}
