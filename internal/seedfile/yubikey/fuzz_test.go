package yubikey

import (
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/seedtest"
)

func FuzzTraditional(f *testing.F) {
	seedtest.Fuzz(f, TraditionalFormat(), seedfile.Options{}, "../../../testdata/seedfiles/yubikey/*")
}

func FuzzYubico(f *testing.F) {
	seedtest.Fuzz(f, YubicoFormat(), seedfile.Options{KeySuffix: true}, "../../../testdata/seedfiles/yubico/*")
}
