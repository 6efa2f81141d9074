package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine says what was measured on, as far as the system tells.
func machine() string {
	cpu := cmp.Or(field("/proc/cpuinfo", "model name", ":"), runtime.GOARCH)
	system := cmp.Or(strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`), runtime.GOOS)
	parts := []string{fmt.Sprintf("%s, %d cores", cpu, runtime.NumCPU()), system, runtime.Version()}
	if out, err := exec.Command("sqlite3", "--version").Output(); err == nil {
		version, _, _ := strings.Cut(string(out), " ")
		parts = append(parts, "sqlite3 "+strings.TrimSpace(version))
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		one, _, _ := strings.Cut(string(load), " ")
		parts = append(parts, "load "+one) // above the number of cores, times say little
	}
	return strings.Join(parts, ", ")
}

// field finds "name<sep>value" in a file of such lines.
func field(file, name, sep string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, sep); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
