package otpauth

import (
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/seedtest"
)

func FuzzReader(f *testing.F) {
	seedtest.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/otpauth/*")
}
