package nexus

import (
	"testing"

	"fob/internal/seedfile"
	"fob/internal/testkit"
)

func FuzzReader(f *testing.F) {
	testkit.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/nexus/*")
}
