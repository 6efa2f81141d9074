package term

import (
	"runtime"
	"runtime/debug"
)

// VersionJSON is what the program says of itself.
type VersionJSON struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// PrintVersion prints it.
func (r *Run) PrintVersion() error {
	v := VersionJSON{Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if r.JSON {
		return r.PrintJSON(v)
	}
	r.Say("fob %s (%s %s)", v.Version, v.Go, v.Platform)
	return nil
}

// released is the version of a release: the linker sets it.
var released string

// Version is the program's version: that of the release, else the module's, or the
// commit it was built from.
func Version() string {
	if released != "" {
		return released
	}
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
