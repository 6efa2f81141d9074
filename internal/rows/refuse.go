package rows

import (
	"bufio"
	"bytes"
	"io"

	"fob/internal/fault"
)

// Probe is how many bytes of a file tell what it is.
const Probe = 4 << 10

// Picture names what is no text by its first bytes; empty: it may be one.
func Picture(head []byte) string {
	for magic, what := range map[string]string{"\x89PNG": "a picture (PNG)", "\xff\xd8\xff": "a picture (JPEG)", "GIF8": "a picture (GIF)",
		"%PDF": "a PDF", "II*\x00": "a picture (TIFF)", "MM\x00*": "a picture (TIFF)", "RIFF": "a picture (WebP) or a sound"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return what
		}
	}
	if len(head) > 12 && string(head[4:8]) == "ftyp" {
		return "a picture (HEIC) or a film"
	}
	return ""
}

// Documents of the old Office begin so (MS-CFB), and those of the new one that have
// a password: in these a stream is named as MS-OFFCRYPTO 2.3.4.4 says, in UTF-16.
const (
	oldMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	locked   = "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"
)

// maxOldOffice bounds what is read of a document to see whether it has a password:
// where the name stands in it depends on its size.
const maxOldOffice = 64 << 20

// CheckOffice refuses workbooks of the old Office, and those of the new one that
// have a password, which look alike. An error of reading the first row tells.
func CheckOffice(in *bufio.Reader) error {
	if head, _ := in.Peek(len(oldMagic)); string(head) != oldMagic {
		return nil
	}
	whole, err := io.ReadAll(io.LimitReader(in, maxOldOffice))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "reading the list")
	}
	if bytes.Contains(whole, []byte(locked)) {
		return fault.Errorf(fault.Refused, "the list is a workbook that a password protects").
			WithHint("open it in Excel or LibreOffice and save it without a password, or as CSV")
	}
	return fault.Errorf(fault.Refused, "the list is an Office document of the old kind (.xls)").
		WithHint("open it in Excel or LibreOffice and save it as .xlsx, or as CSV")
}
