package sheet

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/rows"
	"fob/internal/spool"
)

// ReadOptions are what reading an export back needs beside the file.
type ReadOptions struct {
	Password []byte    // of an encrypted workbook; nil: none was given
	TempDir  string    // where one lies meanwhile, under another key; empty: the system's
	Random   io.Reader // of that key
}

// MaxUnzipped bounds what the CSV of an archive may unpack to: a million rows of an
// inventory are about 500 MB.
const MaxUnzipped = 16 << 30

// bookLimits are those of a workbook to be read back. A sheet of a million tokens has
// 2.6 GB, and packs 20:1; saved again by Excel, the texts of its cells are 300 MB of
// shared strings. A cell holds 32,767 characters of at most 4 bytes.
var bookLimits = rows.BookLimits{Part: 16 << 30, Ratio: 200, About: 512 << 20, Cell: 4 * maxText}

// Unreadable names what is wrong with the form of a file.
func Unreadable(form string, err error) *fault.Error {
	return fault.Errorf(fault.Integrity, "the file is no %s that fob wrote: %v", form, err)
}

// WithBook opens a workbook for use. One with a password lies in a spool meanwhile,
// and is not read before its HMAC was compared.
func WithBook(file io.ReaderAt, size int64, o ReadOptions, use func(*rows.Book) error) error {
	locked, err := office.Open("the workbook", file)
	if err != nil {
		return Unreadable("workbook", err)
	}
	if locked != nil {
		plain, err := unlocked(locked, o)
		if err != nil {
			return err
		}
		defer func() { _ = plain.Close() }()
		file, size = plain, plain.Size()
	}
	book, err := rows.OpenBook(file, size, bookLimits)
	if err != nil {
		return Unreadable("workbook", err)
	}
	return use(book)
}

func unlocked(d *office.Document, o ReadOptions) (*spool.File, error) {
	switch {
	case o.Password == nil:
		return nil, fault.Errorf(fault.KeyTrouble, "the workbook has a password").WithHint("give it with %s, whose first line counts", fault.PasswordFile.Is("FILE"))
	case !d.Unlock(o.Password):
		return nil, fault.Errorf(fault.KeyTrouble, "the workbook has another password").WithHint("look for blanks at its end, and for the file that was used when it was made")
	}
	pack := d.Package()
	if pack == nil {
		return nil, Unreadable("workbook", office.Damaged("the workbook"))
	}
	s, err := spool.New(o.TempDir, o.Random)
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(s, d.Decrypt(pack)); err == nil {
		err = s.Finish()
	}
	if err == nil {
		return s, nil
	}
	_ = s.Close() // the first error counts
	return nil, Unreadable("workbook", err)
}

// Texts puts the texts of cells where their columns are.
func Texts(row []string, cells []rows.Cell) []string {
	for _, c := range cells {
		for len(row) < c.Column-1 {
			row = append(row, "")
		}
		text := c.Text
		if c.Kind == rows.Text {
			text = unescaped(text)
		}
		row = append(row, text)
	}
	return row
}

// escape is how Excel writes a character that XML does not carry (ST_Xstring).
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
}

// ParseCell is the inverse of how a cell holds a value: what Excel cannot hold
// exactly is text there, and stays so.
func ParseCell(raw string, k Kind) Value {
	if raw == "" || k == Text {
		return TextOf(raw)
	}
	if k == Int {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return TextOf(raw)
		}
		return IntOf(n)
	}
	x, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil:
		return TextOf(raw)
	case k == Bool:
		return BoolOf(x != 0)
	case k == Decimal:
		return DecimalOf(x)
	}
	at, err := excelize.ExcelDateToTime(x, false)
	if err != nil {
		return TextOf(raw)
	}
	return TimeOf(at.Round(time.Second))
}
