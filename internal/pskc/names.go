package pskc

import "strings"

// Namespaces of RFC 6030 section 1.2.
const (
	Namespace    = "urn:ietf:params:xml:ns:keyprov:pskc"
	namespaceDS  = "http://www.w3.org/2000/09/xmldsig#"
	namespaceXML = "http://www.w3.org/XML/1998/namespace"
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
	Namespace + ":hotp":                     HOTP,
	Namespace + "#hotp":                     HOTP,
	"http://www.ietf.org/keyprov/pskc#hotp": HOTP,
	Namespace + ":totp":                     TOTP,
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

// draftAlgorithm gives the names that drafts had their URI.
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
