package office

import (
	"encoding/binary"
	"fob/internal/fault"
	"io"
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
