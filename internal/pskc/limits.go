package pskc

// Limits, each with its reason; those of the XML are in package xmlstream.
const (
	// MaxPackages bounds the keys of one container, as seedfile.MaxRecords does
	// the records of a seed file.
	MaxPackages = 10_000_000
	// FewIterations of PBKDF2 and less are worth a warning: a passphrase that a
	// person chose falls to a year's guessing.
	FewIterations = 100_000
	// minYear and maxYear bound dates: OATH began in 2004, and no battery lasts
	// until 2200. A date beyond is damage.
	minYear, maxYear = 1990, 2200
	// maxShownName bounds the values of the file that messages repeat. The longest
	// name of RFC 6030 has 20 characters, the shortest seed in base64 has 24.
	maxShownName = 23
	// maxShownWords bounds the words of the file that are meant for people: names
	// of keys and certificates.
	maxShownWords = 100
	// MaxSigned bounds a signed container, which is held in memory twice: as it
	// came, and in the canonical form that its signature is over.
	MaxSigned = 32 << 20
)

// Limits of PBKDF2. The iterations are the file's word, and each costs time: a
// million are about a second, so that no file can hold fob up for long (the attack
// of CVE-2022-36083). Two million leave room above the 1.4 million of HMAC-SHA1
// that OWASP asks for. Salts have 8 bytes or more by RFC 8018 section
// 4.1. Keys are those of ciphers and MACs.
const (
	MaxIterations    = 2_000_000
	minSalt, maxSalt = 8, 1024
	minKey, maxKey   = 8, 64
)

// maxBytes bounds what stands in base64, by element, in bytes.
var maxBytes = map[string]int{
	"CipherValue":     1024, // one that an RSA key of 8192 bits encrypted; a secret with its vector, padding and tag has 176
	"ValueMAC":        64,   // HMAC-SHA512
	"IV":              16,   // one block
	"OAEPparams":      128,  // which hardly anybody uses
	"X509Certificate": 16 << 10,
	"Specified":       maxSalt,
}
