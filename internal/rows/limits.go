package rows

// Limits, each with its reason.
const (
	// MaxRow bounds a row in bytes of UTF-8, its quoted line ends included. The
	// longest useful row (a seed of 128 bytes in hex, a dozen names) has fewer
	// than 8 KiB; a longer one is a file without line ends or one that lost a
	// quote, and must not be gathered in memory.
	MaxRow = 64 << 10
	// MaxRowLines bounds the lines that a quoted field may spread one row over.
	// Addresses have five; a quote that was never closed would swallow a file.
	MaxRowLines = 32
	// MaxColumns bounds the fields of a row: HR exports have up to a hundred
	// columns, a row of thousands is delimited by something else.
	MaxColumns = 256
)

// The window is what Reader always sees of the text before it cuts a row: the
// longest row with its line end. The buffer is a few windows, so that moving
// the rest to its front is rare.
const (
	window     = MaxRow + 2
	bufferSize = 4 * window
)
