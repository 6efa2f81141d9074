package office

import (
	"bytes"
	"encoding/binary"
	"io"

	"fob/internal/fault"
)

// A compound file of version 3 (MS-CFB) is a header and sectors of 512 bytes. Ours
// come in the order in which they become known: the package, the mini stream with
// what is short (the HMAC of the package among it), the directory, and the table
// that chains the sectors.
const (
	sectorSize = 512
	miniSize   = 64
	miniCutoff = 4096 // shorter streams lie in the mini stream
	perSector  = sectorSize / 4
	inHeader   = 109 // sectors of the table that the header names

	endOfChain uint32 = 0xFFFFFFFE
	nowhere    uint32 = 0xFFFFFFFF // no sector, no entry of the directory
	ofTable    uint32 = 0xFFFFFFFD
	ofTables   uint32 = 0xFFFFFFFC
)

// maxPackage is the longest stream of version 3 (MS-CFB section 2.6.3): some 15
// million tokens.
const maxPackage = 1 << 31

// compound is where everything of a file lies: sectors, the package at 0.
type compound struct {
	size      int64 // bytes of the package
	mini      int64 // the mini stream
	miniTable int64 // its table
	directory int64
	table     int64
	tables    int64 // what lists the sectors of the table, beyond the header
	end       int64
	short     int64 // bytes of the mini stream
}

// newCompound lays out a file with a package and a stream EncryptionInfo of these
// sizes.
func newCompound(size int64, info int) (*compound, error) {
	if size > maxPackage {
		return nil, fault.Errorf(fault.Refused, "a document of %d MiB: with a password %d are possible", size>>20, maxPackage>>20)
	}
	c := &compound{size: size}
	for _, s := range shortStreams(make([]byte, info)) {
		c.short += units(len(s), miniSize) * miniSize
	}
	c.mini = units(size, sectorSize)
	c.miniTable = c.mini + units(c.short, sectorSize)
	c.directory = c.miniTable + 1 // of 128 mini sectors
	c.table = c.directory + units(len(directory), sectorSize/entrySize)
	c.end = c.table
	for range 3 { // the table lists itself too: it settles at once
		n := units(c.end, perSector)
		c.tables = c.table + n
		c.end = c.tables + units(max(n-inHeader, 0), perSector-1)
	}
	return c, nil
}

// units is how many of a size something fills.
func units[N int | int64](n N, size int64) int64 { return (int64(n) + size - 1) / size }

// begin writes the header (section 2.2).
func (c *compound) begin(w io.Writer) error {
	b := append([]byte(Magic), make([]byte, 16)...)
	for _, n := range []uint16{0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0} { // versions, byte order, the sectors' sizes as powers of 2
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	first := endOfChain
	if c.end > c.tables {
		first = uint32(c.tables)
	}
	b = appendNumbers(b, 0, uint32(c.tables-c.table), uint32(c.directory), 0, miniCutoff, uint32(c.miniTable), 1, first, uint32(c.end-c.tables))
	for i := range int64(inHeader) {
		b = appendNumbers(b, c.tableSector(i))
	}
	_, err := w.Write(b)
	return err
}

func appendNumbers(b []byte, all ...uint32) []byte {
	for _, n := range all {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// tableSector is where sector i of the table lies.
func (c *compound) tableSector(i int64) uint32 {
	if c.table+i >= c.tables {
		return nowhere
	}
	return uint32(c.table + i)
}

// finish writes what stands behind the package.
func (c *compound) finish(w io.Writer, info []byte) error {
	behind := c.mini*sectorSize - c.size
	b := make([]byte, behind)
	whole := func(with byte) { // fills a sector up
		for (int64(len(b))-behind)%sectorSize != 0 {
			b = append(b, with)
		}
	}
	short, chains := shortStreams(info), []byte(nil)
	for _, s := range short {
		n := units(len(s), miniSize)
		b = append(append(b, s...), make([]byte, n*miniSize-int64(len(s)))...)
		for i := int64(len(chains))/4 + 1; n > 1; i, n = i+1, n-1 {
			chains = appendNumbers(chains, uint32(i))
		}
		chains = appendNumbers(chains, endOfChain)
	}
	whole(0)
	b = append(b, chains...)
	whole(0xFF)
	b = c.appendDirectory(b, short)
	if _, err := w.Write(b); err != nil {
		return err
	}
	return c.writeTable(w)
}

// writeTable writes which sector follows which (section 2.3), and where the table
// itself lies, as far as the header has no room for it (section 2.5).
func (c *compound) writeTable(w io.Writer) error {
	out := &sectors{w: w}
	for _, part := range [][2]int64{{0, c.mini}, {c.mini, c.miniTable}, {c.miniTable, c.directory}, {c.directory, c.table}} {
		for i := part[0] + 1; i < part[1]; i++ {
			out.add(uint32(i))
		}
		out.add(endOfChain)
	}
	for range c.tables - c.table {
		out.add(ofTable)
	}
	for range c.end - c.tables {
		out.add(ofTables)
	}
	out.fill()
	for i, at := int64(inHeader), c.tables; at < c.end; at++ {
		for range perSector - 1 {
			out.add(c.tableSector(i))
			i++
		}
		if at+1 < c.end {
			out.add(uint32(at + 1))
		} else {
			out.add(endOfChain)
		}
	}
	return out.err
}

// sectors writes numbers, sector by sector.
type sectors struct {
	w   io.Writer
	buf []byte
	err error
}

func (s *sectors) add(n uint32) {
	if s.buf = appendNumbers(s.buf, n); len(s.buf) == sectorSize {
		if s.err == nil {
			_, s.err = s.w.Write(s.buf)
		}
		s.buf = s.buf[:0]
	}
}

// fill ends a sector that was begun.
func (s *sectors) fill() {
	for len(s.buf) > 0 {
		s.add(nowhere)
	}
}

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
