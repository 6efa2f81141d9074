package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the program's version: the module's, or the commit it was built
// from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

func newVersionCmd(r *root) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of fob",
		Long:    "Print the version of fob, of Go that built it, and the platform it was built for.",
		Example: "  fob version",
		Args:    exactly(),
		RunE: r.run(func(context.Context, []string) error {
			if r.json {
				return r.printJSON(versionJSON{version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
			}
			r.say("fob %s (%s %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}),
	}
}
