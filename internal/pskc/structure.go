package pskc

import (
	"time"

	"fob/internal/token"
)

// Header is what a container says before its first KeyPackage (RFC 6030
// section 4). How its values are encrypted and authenticated (section 6) is
// recognised and not yet read.
type Header struct {
	Version   string
	ID        string
	Encrypted bool // there is an EncryptionKey
	MAC       bool // there is a MACMethod
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

// Value is one value of a key's Data (RFC 6030 section 4.2): plain, or
// encrypted and perhaps authenticated.
type Value[T any] struct {
	Given     bool // the element is there
	Plain     T
	Encrypted bool
	MAC       bool // there is a ValueMAC
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
