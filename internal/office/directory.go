package office

import (
	"bytes"
	"encoding/binary"
)

// Entries of a directory (MS-CFB section 2.6): which kinds there are, and how long
// one is.
const (
	storage   = 1
	stream    = 2
	root      = 5
	entrySize = 128
)

// entry is one of the directory. Siblings are a tree, ordered by length of the name
// and then by name: red and black, with all black where the tree is even.
type entry struct {
	name               string
	kind               byte
	left, right, child uint32
	red                bool
	short              int // the short stream that it names, from 1
}

// directory is that of every document with a password: the package, how it is
// protected, and the DataSpaces (MS-OFFCRYPTO section 2.2) that say so once more.
var directory = []entry{
	{name: "Root Entry", kind: root, left: nowhere, right: nowhere, child: 2},
	{name: packageStream, kind: stream, left: nowhere, right: nowhere, child: nowhere},
	{name: infoStream, kind: stream, left: 3, right: 1, child: nowhere, short: 5},
	{name: "\x06DataSpaces", kind: storage, left: nowhere, right: nowhere, child: 5},
	{name: "Version", kind: stream, left: nowhere, right: nowhere, child: nowhere, short: 1},
	{name: "DataSpaceMap", kind: stream, left: 4, right: 6, child: nowhere, short: 2},
	{name: "DataSpaceInfo", kind: storage, left: nowhere, right: 8, child: 7},
	{name: dataSpace, kind: stream, left: nowhere, right: nowhere, child: nowhere, short: 3},
	{name: "TransformInfo", kind: storage, left: nowhere, right: nowhere, child: 9, red: true},
	{name: transform, kind: storage, left: nowhere, right: nowhere, child: 10},
	{name: "\x06Primary", kind: stream, left: nowhere, right: nowhere, child: nowhere, short: 4},
	{left: nowhere, right: nowhere, child: nowhere}, // none: it fills the sector
}

const (
	dataSpace = "StrongEncryptionDataSpace"
	transform = "StrongEncryptionTransform"
)

// shortStreams are the DataSpaces, which are the same in every document (sections
// 2.1.5 to 2.1.9 and 2.2), and what is told of the protection.
func shortStreams(info []byte) [][]byte {
	versions := appendNumbers(nil, 1, 1, 1) // reader, updater, writer
	name := func(text string) []byte {      // UNICODE-LP-P4
		b := utf16le([]byte(text))
		b = append(appendNumbers(nil, uint32(len(b))), b...)
		return append(b, make([]byte, -len(b)&3)...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	mapped := join(appendNumbers(nil, 1, 0), name(packageStream), name(dataSpace))
	id := join(appendNumbers(nil, 1), name("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}"))
	return [][]byte{
		join(name("Microsoft.Container.DataSpaces"), versions),
		join(appendNumbers(nil, 8, 1, uint32(4+len(mapped))), mapped),
		join(appendNumbers(nil, 8, 1), name(transform)),
		join(appendNumbers(nil, uint32(4+len(id))), id, name("Microsoft.Container.EncryptionTransform"), versions, appendNumbers(nil, 0, 0, 0, 4)),
		info,
	}
}

// appendDirectory appends the entries with where their streams begin.
func (c *compound) appendDirectory(b []byte, short [][]byte) []byte {
	starts, sizes := []int64{0}, []int64{0}
	at := int64(0)
	for _, s := range short {
		starts, sizes = append(starts, at), append(sizes, int64(len(s)))
		at += units(len(s), miniSize)
	}
	for _, e := range directory {
		start, size := starts[e.short], sizes[e.short]
		switch {
		case e.kind == root:
			start, size = c.mini, c.short
		case e.name == packageStream:
			size = c.size
		}
		b = e.append(b, uint32(start), uint64(size))
	}
	return b
}

func (e entry) append(b []byte, start uint32, size uint64) []byte {
	name := make([]byte, 64)
	n := copy(name, utf16le([]byte(e.name)))
	if e.kind != 0 {
		n += 2 // its end
	}
	b = binary.LittleEndian.AppendUint16(append(b, name...), uint16(n))
	colour := byte(1) // black
	if e.red || e.kind == 0 {
		colour = 0
	}
	b = append(b, e.kind, colour)
	b = appendNumbers(b, e.left, e.right, e.child)
	b = append(b, make([]byte, 16+4+8+8)...) // class, flags, times
	b = appendNumbers(b, start)
	return binary.LittleEndian.AppendUint64(b, size)
}
