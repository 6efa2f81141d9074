package columns

import (
	"testing"

	"fob/internal/seedfile"
	"fob/internal/testkit"
)

func FuzzReader(f *testing.F) {
	testkit.Fuzz(f, Format(), seedfile.Options{Columns: "serial=Seriennummer,seed=2,type=Art,counter=5"}, "../../../testdata/seedfiles/columns/*")
}
