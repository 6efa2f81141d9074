package yubikey

import (
	"testing"

	"fob/internal/seedfile"
	"fob/internal/testkit"
)

func FuzzTraditional(f *testing.F) {
	testkit.Fuzz(f, TraditionalFormat(), seedfile.Options{}, "../../../testdata/seedfiles/yubikey/*")
}

func FuzzYubico(f *testing.F) {
	testkit.Fuzz(f, YubicoFormat(), seedfile.Options{KeySuffix: true}, "../../../testdata/seedfiles/yubico/*")
}
