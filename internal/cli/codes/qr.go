package codes

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"fob/internal/fault"
	"fob/internal/token"
)

// A QR code is light all round by four modules (ISO/IEC 18004 section 9.1). On a
// terminal that is too low for it two will do: cameras find those as well.
const (
	QuietZone      = 4
	QuietZoneLeast = 2
)

// pixelsPerModule make a PNG that fills a third of an ordinary screen.
const pixelsPerModule = 8

// qrCode is a QR code by its modules.
type qrCode struct {
	made barcode.Barcode
	size int // modules in a row, without the quiet zone
}

// NewQR makes the QR code of a key's URI. What a screen loses is little: the
// lowest correction gives the smallest code.
func NewQR(uri token.Seed) (qrCode, error) {
	made, err := qr.Encode(string(uri.Bytes()), qr.L, qr.Unicode)
	if err != nil { // the library's words hold the text
		return qrCode{}, fault.Errorf(fault.Usage, "account and issuer are too long for a QR code").
			WithHint("a shorter --issuer may do; --uri FILE alone takes any length")
	}
	return qrCode{made, made.Bounds().Dx()}, nil
}

// dark tells of a module, counted from the quiet zone's inner corner.
func (q qrCode) dark(x, y int) bool {
	if x < 0 || y < 0 || x >= q.size || y >= q.size {
		return false
	}
	r, _, _, _ := q.made.At(x, y).RGBA()
	return r == 0
}

// fits is the widest quiet zone with which a terminal shows the code, one row left
// for a question; a terminal of no known size is taken to be large enough.
func (q qrCode) fits(columns, rows int) (quiet int, ok bool) {
	for quiet = QuietZone; quiet >= QuietZoneLeast; quiet-- {
		width, height := q.cells(quiet)
		if columns == 0 || width <= columns && height < rows {
			return quiet, true
		}
	}
	return QuietZoneLeast, false
}

// cells is how many columns and rows of a terminal the code takes.
func (q qrCode) cells(quiet int) (columns, rows int) {
	side := q.size + 2*quiet
	return side, (side + 1) / 2
}

// The code is black on white in colours of its own, whatever those of the terminal
// are: a code in negative is not read by every app. Sixteen and 231 are the black
// and the white that no theme changes.
const (
	BlackOnWhite = "\x1b[38;5;16;48;5;231m"
	UsualColours = "\x1b[0m"
)

// Blocks draws the code with two modules in a character. Without colours the
// terminal is taken to be light on dark, as consoles are.
func (q qrCode) Blocks(quiet int, coloured bool) string {
	marks := map[[2]bool]string{{false, false}: " ", {true, false}: "▀", {false, true}: "▄", {true, true}: "█"}
	before, after := BlackOnWhite, UsualColours
	if !coloured {
		before, after = "", ""
	}
	var b strings.Builder
	for y := -quiet; y < q.size+quiet; y += 2 {
		b.WriteString(before)
		for x := -quiet; x < q.size+quiet; x++ {
			upper, lower := q.dark(x, y), q.dark(x, y+1)
			if !coloured {
				upper, lower = !upper, !lower
			}
			b.WriteString(marks[[2]bool{upper, lower}])
		}
		b.WriteString(after + "\n")
	}
	return b.String()
}

// writePNG draws it into an image.
func (q qrCode) writePNG(w io.Writer) error {
	side := (q.size + 2*QuietZone) * pixelsPerModule
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if q.dark(x/pixelsPerModule-QuietZone, y/pixelsPerModule-QuietZone) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	if err := png.Encode(w, img); err != nil {
		return fmt.Errorf("drawing the QR code: %w", err)
	}
	return nil
}
