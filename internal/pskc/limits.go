package pskc

// Limits, each with its reason.
const (
	// MaxDepth bounds the nesting of elements: a certificate inside a key inside
	// a signature has 12.
	MaxDepth = 32
	// MaxAttributes bounds those of one element: the richest of RFC 6030,
	// PINPolicy, has 6, and a root declares some namespaces.
	MaxAttributes = 64
	// MaxToken bounds, in bytes, what must be held in memory at once: one tag with
	// its attributes, one comment, one stretch of text. A secret has at most 172
	// characters and a certificate chain some thousands.
	MaxToken = 64 << 10
	// MaxPackages bounds the keys of one container, as seedfile.MaxRecords does
	// the records of a seed file.
	MaxPackages = 10_000_000
	// FewIterations of PBKDF2 and less are worth a warning: a passphrase that a
	// person chose falls to a year's guessing.
	FewIterations = 100_000
	// minYear and maxYear bound dates: OATH began in 2004, and no battery lasts
	// until 2200. A date beyond is damage.
	minYear, maxYear = 1990, 2200
	// maxShownName bounds the names and values of the file that messages repeat.
	// The longest name of RFC 6030 has 20 characters, the shortest seed in base64
	// has 24.
	maxShownName = 23
	// maxShownWords bounds the words of the file that are meant for people: names
	// of keys and certificates.
	maxShownWords = 100
	// maxCipher bounds an encrypted value in bytes: one that an RSA key of 8192
	// bits encrypted. A secret with its vector, padding and tag has 176.
	maxCipher = 1024
	// maxMAC bounds a MAC in bytes; HMAC-SHA512 has 64.
	maxMAC = 64
	// maxIV bounds a vector that stands beside a value: one block.
	maxIV = 16
	// maxLabel bounds OAEPparams in bytes, which hardly anybody uses.
	maxLabel = 128
	// maxCertificate bounds one certificate in bytes; most have 1 to 2 kB.
	maxCertificate = 16 << 10
)
