package term

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/fault"
)

// MayBeEmpty are the flags that say something when they are empty: a code that is
// refused like any other that is too short, a status that says nothing of those who
// are here.
var MayBeEmpty = []string{"code", "active-is"}

// checkEmpty refuses a flag that was given and is empty: it is a shell variable that
// somebody forgot to set. Taken as left out, it would have an audit prove less than was
// asked, or a file lie about without its password. A batch 0 is as empty: they are
// counted from 1, and it would select them all.
func checkEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case err != nil || slices.Contains(MayBeEmpty, f.Name):
		case f.Name == "batch" && f.Value.String() == "0":
			err = NoBatch(0)
		case isEmpty(f.Value):
			err = fault.Errorf(fault.Usage, "--%s is empty", f.Name).WithHint("%s", emptyHint(f))
		}
	})
	return err
}

func isEmpty(v pflag.Value) bool {
	if many, ok := v.(pflag.SliceValue); ok {
		return slices.Contains(many.GetSlice(), "")
	}
	return v.Type() == "string" && v.String() == ""
}

// emptyHint says what to do, and what holds without the flag.
func emptyHint(f *pflag.Flag) string {
	if f.Name == "db" || f.Name == "identity" {
		return "is a shell variable not set? Leave --" + f.Name + " out for the usual place"
	}
	return "is a shell variable not set? Leave --" + f.Name + " out if it is not meant"
}
