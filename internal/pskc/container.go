package pskc

import (
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"fob/internal/token"
	"fob/internal/xmlstream"
)

// Header is what a container says before its first KeyPackage (RFC 6030
// section 4).
type Header struct {
	Version    string
	ID         string
	Encryption *Encryption // EncryptionKey; nil: none
	MAC        *MACMethod  // nil: none
}

// Encryption says with what key the values of a container are encrypted (RFC
// 6030 section 6): one that both sides have, one made of a passphrase, or that
// of a certificate.
type Encryption struct {
	KeyName      string   // for people; empty: none
	Derivation   *PBKDF2  // nil: the key comes as it is
	Certificates [][]byte // DER; with one the key is an RSA key
	RSA          bool     // X509Data, even if it only names a certificate

	// Of drafts before RFC 6030, where the container says it for all values.
	cipher string // URI; empty: each value says it
	iv     []byte
}

// MACMethod says how values are authenticated (RFC 6030 section 6.1.1). Its key
// is encrypted as the values are, or one that both sides have.
type MACMethod struct {
	MAC       MAC
	key       *encrypted // nil: none
	Reference string     // MACKeyReference; empty: none

	// of drafts: the MAC may be over the plain value, its key is that of the
	// values
	draft bool
}

// KeyPackage is one device with at most one key (RFC 6030 section 4.1); a device
// with several keys has a package for each.
type KeyPackage struct {
	N    int // from 1
	Line int // where it begins

	Device   DeviceInfo
	ModuleID string // of CryptoModuleInfo
	Key      *Key   // nil: none
	Extended bool   // it has Extensions, which were skipped

	// Problem is what RFC 6030 does not allow in this package. What could be
	// read all the same is filled in; the packages behind it are sound.
	Problem error
}

// Clear overwrites the secret.
func (p *KeyPackage) Clear() {
	if p.Key != nil {
		p.Key.Secret.Plain.Clear()
	}
}

// DeviceInfo describes the device (RFC 6030 section 4.3.1).
type DeviceInfo struct {
	Manufacturer string // as written: "oath." and "iana." prefixes stay
	SerialNo     string
	Model        string
	IssueNo      string
	Binding      string
	UserID       string
	Valid        Validity
}

// Key is one key with what belongs to it (RFC 6030 sections 4.1 to 4.3.3).
type Key struct {
	ID           string
	Algorithm    string
	Issuer       string
	ProfileID    string // KeyProfileId and KeyReference: the secret is agreed upon elsewhere
	Reference    string
	FriendlyName string
	UserID       string
	Params       Parameters
	Policy       *Policy // nil: none

	Secret   Value[token.Seed]
	Counter  Value[int64]
	Time     Value[int64]
	Interval Value[int64] // seconds
	Drift    Value[int64] // intervals; negative: the device is slow
}

// Parameters are AlgorithmParameters (RFC 6030 section 4.3.4).
type Parameters struct {
	Suite     *string // nil: none
	Challenge *Format
	Response  *Format
}

// Format is a ChallengeFormat or a ResponseFormat. A number that is not given
// is 0.
type Format struct {
	Encoding    string
	Length      int64
	Min, Max    int64
	CheckDigits bool // the RFC's text writes CheckDigit, its schema CheckDigits
}

// Value is one value of a key's Data (RFC 6030 section 4.2).
type Value[T any] struct {
	Given     bool // the element is there
	Plain     T
	Encrypted bool // in the file; Plain has it all the same
	Closed    bool // the reader is blind, and Plain says nothing
}

// Policy restricts the use of a key (RFC 6030 section 5). Whatever is unknown in
// it forbids the use, and is the package's Problem.
type Policy struct {
	Valid        Validity
	PIN          *PINPolicy
	Usages       []string // none: unrestricted
	Transactions string   // NumberOfTransactions, a number of any length; empty: none
}

// PINPolicy says how a PIN guards the key.
type PINPolicy struct {
	KeyID string // of the key that is the PIN
	Mode  string // PINUsageMode
}

// Validity is a period, both ends included (RFC 6030 sections 4.3.1 and 5).
type Validity struct{ Start, Expiry Moment }

// Moment is an xs:dateTime; zero when it is not given. One without a zone is
// taken for UTC.
type Moment struct {
	time.Time
	Unzoned bool
}

// IsContainer reports whether a root is one of PSKC, of whatever age.
func IsContainer(root xml.Name) bool {
	return root.Local == "KeyContainer" || root.Local == "SecretContainer"
}

// IsDraft reports whether a root is one of the drafts before RFC 6030.
func IsDraft(root xml.Name) bool { return IsContainer(root) && slices.Contains(drafts, root.Space) }

// CheckRoot says why a root is not that of RFC 6030 section 4, or of a draft of
// it (see IsDraft); nothing when it is.
func CheckRoot(root xml.Name) string {
	shown := xmlstream.Element(root.Local)
	switch {
	case root.Local == "KeyContainer" && root.Space == Namespace, IsDraft(root):
		return ""
	case !IsContainer(root):
		return fmt.Sprintf("its root is %s, not the KeyContainer of PSKC", shown)
	case root.Space == "":
		return shown + " without a namespace; that of PSKC is " + Namespace
	}
	return shown + " in a namespace that is not that of PSKC, " + Namespace
}
