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

// Limits of workbooks, each with its reason.
const (
	// MaxWorkbook bounds a workbook in bytes: it is held in memory while it is
	// read, and with a hundred thousand tokens has 5 MB. The largest sheet that
	// Excel knows, of 1,048,576 rows, has some 50 MB.
	MaxWorkbook = 64 << 20
	// MaxSheet bounds a part once it is unpacked. Sheets are walked in a stream,
	// so this is for time alone: that largest sheet has some 400 MB of XML.
	MaxSheet = 512 << 20
	// MaxAbout bounds what is held in memory of a workbook, its shared strings
	// above all: 40 MB for the serials and seeds of two hundred thousand tokens.
	MaxAbout = 128 << 20
	// MaxPartRatio bounds how much longer a part may be than it is packed. Lists
	// of seeds pack 6:1 to 10:1, bombs 1000:1. Only what goes beyond FreePart is
	// held to it.
	MaxPartRatio = 100
	FreePart     = 16 << 20
	// MaxParts bounds the parts of a workbook: each sheet has one or two, and a
	// list of tokens no pictures.
	MaxParts = 1000
	// MaxMarkup bounds a tag or a text of a sheet in bytes, for it is gathered in
	// memory: the longest text that a cell may hold has 32,767 characters, a few of
	// which may be written as entities.
	MaxMarkup = 512 << 10
	// MaxMerged bounds the merged areas of a sheet. A list has none, a form some
	// dozens.
	MaxMerged = 1000
)

// The window is what Reader always sees of the text before it cuts a row: the
// longest row with its line end. The buffer is a few windows, so that moving
// the rest to its front is rare.
const (
	window     = MaxRow + 2
	bufferSize = 4 * window
)
