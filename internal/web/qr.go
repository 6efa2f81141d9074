package web

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"fob/internal/fault"
	"fob/internal/token"
)

// quietZone is how wide a QR code is light all round, in modules (ISO/IEC 18004
// section 9.1).
const quietZone = 4

// qrSVG is a QR code as the outline of its dark modules.
type qrSVG struct {
	Side int // with the quiet zone
	Path string
}

// drawQR draws the address of a key. What a screen loses is little: the lowest
// correction gives the smallest code.
func drawQR(uri token.Seed) (q qrSVG, err error) {
	made, err := qr.Encode(string(uri.Bytes()), qr.L, qr.Unicode)
	if err != nil { // the library's words hold the text
		return q, fault.Errorf(fault.Usage, "the account is too long for a QR code")
	}
	side := made.Bounds().Dx()
	dark := func(x, y int) bool {
		r, _, _, _ := made.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for x < side && dark(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, n, n)
			}
		}
	}
	return qrSVG{side + 2*quietZone, path.String()}, nil
}
