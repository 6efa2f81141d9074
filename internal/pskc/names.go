package pskc

import (
	"strings"

	"fob/internal/fault"
)

// Namespaces of RFC 6030 section 1.2, and of the URIs that name algorithms.
const (
	Namespace         = "urn:ietf:params:xml:ns:keyprov:pskc"
	namespaceDS       = "http://www.w3.org/2000/09/xmldsig#"
	namespaceXML      = "http://www.w3.org/XML/1998/namespace"
	namespaceXenc     = "http://www.w3.org/2001/04/xmlenc#"
	namespaceXenc11   = "http://www.w3.org/2009/xmlenc11#"
	namespaceDSigMore = "http://www.w3.org/2001/04/xmldsig-more#"
	namespacePKCS5    = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"
	namespacePKCS5Old = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#"
)

// drafts are namespaces of what came before RFC 6030, whose elements have other
// names and whose MAC covers other bytes.
var drafts = []string{
	"urn:ietf:params:xml:ns:keyprov:container:1.0",
	"urn:ietf:params:xml:ns:keyprov:container",
	"urn:ietf:params:xml:ns:keyprov:pskc:1.0",
	"http://www.openauthentication.org/OATH/2006/08/PSKC",
}

// Algorithm is what a key is for.
type Algorithm int

// The algorithms that fob can name. HOTP and PIN are registered by RFC 6030
// section 10, the others come from drafts and vendors.
const (
	OtherAlgorithm Algorithm = iota
	HOTP
	TOTP
	PIN
	OCRA
	YubicoOTP
)

// The URIs that fob writes.
const (
	AlgorithmHOTP = Namespace + ":hotp"
	AlgorithmTOTP = Namespace + ":totp"
)

// algorithms are the URIs met in files, in lower case. A URI that is not here
// is not guessed at: what it names may be anything.
var algorithms = map[string]Algorithm{
	AlgorithmHOTP:                           HOTP,
	Namespace + "#hotp":                     HOTP,
	"http://www.ietf.org/keyprov/pskc#hotp": HOTP,
	AlgorithmTOTP:                           TOTP,
	Namespace + "#totp":                     TOTP,
	"http://www.ietf.org/keyprov/pskc#totp": TOTP,
	Namespace + ":pin":                      PIN,
	Namespace + "#pin":                      PIN,
	"http://www.ietf.org/keyprov/pskc#pin":  PIN,
	Namespace + ":ocra":                     OCRA,
	"http://www.yubico.com/#yubikey-aes":    YubicoOTP,
}

// ParseAlgorithm knows a key's Algorithm URI, in any case.
func ParseAlgorithm(uri string) Algorithm {
	lower := strings.ToLower(uri)
	if strings.HasPrefix(lower, Namespace+"#ocra-1:") {
		return OCRA // its suite follows
	}
	return algorithms[lower]
}

// draftAlgorithm is the URI of a name that drafts had.
func draftAlgorithm(name string) string {
	switch strings.ToUpper(name) {
	case "HOTP":
		return AlgorithmHOTP
	case "TOTP":
		return AlgorithmTOTP
	}
	return name
}

// EncodingDecimal is the one encoding of RFC 6030 section 4.3.4 in which a
// token shows its code.
const EncodingDecimal = "DECIMAL"

// UsageOTP is the value of KeyUsage, RFC 6030 section 5, that lets a key make
// one-time passwords.
const UsageOTP = "OTP"

// usages are the values that KeyUsage can have.
var usages = []string{UsageOTP, "CR", "Encrypt", "Integrity", "Verify", "Unlock", "Decrypt", "KeyWrap", "Unwrap", "Derive", "Generate"}

// Values of PINUsageMode, RFC 6030 section 5. Local is the device's own affair,
// the others change what a person types.
const (
	PINLocal       = "Local"
	PINPrepend     = "Prepend"
	PINAppend      = "Append"
	PINAlgorithmic = "Algorithmic"
)

// ErrKey is every failure to decrypt or to authenticate, whatever it was: an error
// that told a bad padding from a wrong MAC would teach anyone who can hand in changed
// files (RFC 6030 section 13.1).
var ErrKey error = fault.Errorf(fault.KeyTrouble, "the key is wrong, or what it protects was damaged or changed").
	WithHint("compare the key with what the supplier sent on another way, and the file's SHA-256 with theirs")

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
	says := sort + " " + ShownURI(uri) + " is unknown"
	if uri == "" {
		says = sort + " is not named"
	} else if name, known := unsupported[uri]; known {
		says = sort + " " + name + " is not supported"
	}
	return fault.Errorf(fault.Refused, "the %s", says).
		WithHint("ask the supplier for a file that is protected with AES-128-CBC and HMAC-SHA1, as RFC 6030 section 6 recommends, or better")
}

// Shown is a word of a file as messages repeat it: a long one might be something
// else, a seed for example.
func Shown(word string) string {
	switch {
	case word == "":
		return "(empty)"
	case len(word) > maxShownName || printable(word) != word:
		return "(not shown)"
	}
	return word
}

// ShownURI repeats what is surely a URI, and is Shown for what is not.
func ShownURI(uri string) string {
	const maxURI = 128
	scheme, _, _ := strings.Cut(strings.ToLower(uri), ":")
	if len(uri) > maxURI || printable(uri) != uri || scheme != "urn" && scheme != "http" && scheme != "https" {
		return Shown(uri)
	}
	return uri
}

// clip keeps words of the file that are for people short and on one line.
func clip(words string) string {
	words = printable(words)
	if len(words) > maxShownWords {
		return words[:maxShownWords] + "…"
	}
	return words
}

// printable has a question mark for all that is not ASCII on one line.
func printable(words string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, words)
}
