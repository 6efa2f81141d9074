package pskc

import "fob/internal/fault"

// ErrKey is what every failure to decrypt or to authenticate gives, whatever it
// was: an error that tells a bad padding from a wrong MAC would teach whoever
// can hand in changed files (RFC 6030 section 13.1).
var ErrKey error = fault.Errorf(fault.KeyTrouble, "the key is wrong, or what it protects was damaged or changed").
	WithHint("compare the key with what the supplier sent on another way, and the file's SHA-256 with theirs")

// Namespaces of the URIs that name algorithms.
const (
	namespaceXenc     = "http://www.w3.org/2001/04/xmlenc#"
	namespaceXenc11   = "http://www.w3.org/2009/xmlenc11#"
	namespaceDSigMore = "http://www.w3.org/2001/04/xmldsig-more#"
	namespacePKCS5    = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"
	namespacePKCS5Old = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#"
)

// unsupported are algorithms that fob recognises and does not have: no library
// that it uses has them, and they are rare.
var unsupported = map[string]string{
	namespaceDSigMore + "camellia128-cbc": "Camellia-128-CBC",
	namespaceDSigMore + "camellia192-cbc": "Camellia-192-CBC",
	namespaceDSigMore + "camellia256-cbc": "Camellia-256-CBC",
	namespaceDSigMore + "kw-camellia128":  "KW-Camellia128",
	namespaceDSigMore + "kw-camellia192":  "KW-Camellia192",
	namespaceDSigMore + "kw-camellia256":  "KW-Camellia256",
	namespaceXenc + "kw-tripledes":        "KW-TripleDES (RFC 3217)",
	namespaceXenc11 + "kw-aes-128-pad":    "AES key wrap with padding (RFC 5649), KW-AES128-PAD",
	namespaceXenc11 + "kw-aes-192-pad":    "AES key wrap with padding (RFC 5649), KW-AES192-PAD",
	namespaceXenc11 + "kw-aes-256-pad":    "AES key wrap with padding (RFC 5649), KW-AES256-PAD",
	namespaceXenc11 + "ConcatKDF":         "ConcatKDF",
	namespaceDSigMore + "hmac-md5":        "HMAC-MD5",
	namespaceDSigMore + "hmac-ripemd160":  "HMAC-RIPEMD160",
	namespacePKCS5 + "pbes2":              "PBES2",
	namespacePKCS5Old + "pbes2":           "PBES2",
}

// notFound says of a URI that names no algorithm of a sort (an "encryption
// algorithm", a "MAC") whether fob knows it at all.
func notFound(sort, uri string) error {
	const hint = "ask the supplier for a file that is protected with AES-128-CBC and HMAC-SHA1, as RFC 6030 section 6 recommends, or better"
	name, known := unsupported[uri]
	switch {
	case uri == "":
		return fault.Errorf(fault.Refused, "the %s is not named", sort).WithHint(hint)
	case known:
		return fault.Errorf(fault.Refused, "the %s %s is not supported", sort, name).WithHint(hint)
	}
	return fault.Errorf(fault.Refused, "the %s %s is unknown", sort, ShownURI(uri)).WithHint(hint)
}
