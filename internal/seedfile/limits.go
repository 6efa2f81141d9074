package seedfile

// Limits, each with its reason.
const (
	// MaxFileSize bounds a seed file: ten million records of OATH CSV are about
	// 700 MB, four times that is damage or an attack.
	MaxFileSize = 4 << 30
	// MaxRecords bounds the records of one file: the in-file checks keep 16 bytes
	// for each, 160 MB at this number.
	MaxRecords = 10_000_000
	// SampleSize is how much of a file detection sees: enough for a few hundred
	// lines, whatever comments stand in front.
	SampleSize = 64 << 10
)
