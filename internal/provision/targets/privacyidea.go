package targets

import "fob/internal/token"

// hashByLength is what privacyIDEA takes a seed's hash for, of which its CSV says
// nothing but the length. SHA-224 and SHA-384 no token of fob's has.
func hashByLength(bytes int) token.Hash {
	switch bytes {
	case 32:
		return token.SHA256
	case 64:
		return token.SHA512
	case 28, 48:
		return ""
	}
	return token.SHA1
}

// privacyideaGroup: a token goes into the CSV unless something of it would be lost
// there, or it is to be encrypted as a container is.
func privacyideaGroup(i *Item, o *Options) Group {
	if o.Protect != nil || i.Type == token.TOTP && i.Used.Known && !o.NoDrift || hashByLength(i.Bytes) != i.Hash {
		return Group{"pskc", ".xml", container(dialect{seconds: true, used: true}), "a PSKC container"}
	}
	return Group{Is: "OATH CSV"}
}
