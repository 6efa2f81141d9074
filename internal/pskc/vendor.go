package pskc

import (
	"fob/internal/fault"
	"slices"
	"strings"
)

// vendorPlaces are where elements of other namespaces stand: RFC 6030's schema has
// them in Data, and vendors put them elsewhere as well. In a Policy they forbid
// the use of the key (section 5), beside a value they would say what it means.
var vendorPlaces = []string{"KeyPackage", "DeviceInfo", "CryptoModuleInfo", "Key", "AlgorithmParameters", "Data"}

// ownNames are the elements of RFC 6030 and of the drafts before it. Under such a name an element of another
// namespace is a slip, and what it holds may be what is missed.
var ownNames = strings.Fields(`KeyContainer EncryptionKey MACMethod MACKey MACKeyReference KeyPackage Signature Extensions
	DeviceInfo Manufacturer SerialNo Model IssueNo DeviceBinding StartDate ExpiryDate UserId CryptoModuleInfo Id
	Key Issuer AlgorithmParameters Suite ChallengeFormat ResponseFormat KeyProfileId KeyReference FriendlyName
	Data Secret Counter Time TimeInterval TimeDrift PlainValue EncryptedValue ValueMAC
	Policy PINPolicy KeyUsage NumberOfTransactions
	Device DeviceId Usage Value ValueDigest EncryptionMethod DigestMethod MACAlgorithm`)

func ownName(name string) bool {
	return slices.ContainsFunc(ownNames, func(own string) bool { return strings.EqualFold(own, name) })
}

const skipsVendor = "--compat skips what is of a vendor's own"

// vendorElement skips an element of another namespace inside a package, which is
// the package's problem where it may matter.
func (d *Decoder) vendorElement(in string) error {
	name := d.scan.name.Local
	const says = "%s in <%s> is not in the namespace of PSKC%s"
	switch {
	case !slices.Contains(vendorPlaces, in) || ownName(name):
		d.complain(says, shownElement(name), in, forbids(in))
	case d.weaken(weakVendor) != nil:
		d.complain(says, shownElement(name), in, "; "+skipsVendor)
	}
	return d.scan.skip()
}

// vendorPart does so beside the packages.
func (d *Decoder) vendorPart() error {
	name := d.scan.name.Local
	e := fault.Errorf(fault.Refused, "line %d: %s in <KeyContainer> is not in the namespace of PSKC", d.scan.line(), shownElement(name))
	if ownName(name) {
		return e.WithHint(fetchAgain)
	}
	if err := d.weaken(weakVendor); err != nil {
		return NeedError{fault.Compat, e.WithHint("ask the supplier for a file that follows RFC 6030; %s", skipsVendor)}
	}
	return d.scan.skip()
}
