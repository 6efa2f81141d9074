package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
)

const (
	sqlitePath = "modernc.org/sqlite"
	libcPath   = "modernc.org/libc"
)

// libc compares our modernc.org/libc with the one that our modernc.org/sqlite
// requires. SQLite's code was translated against exactly that one; `go get -u`
// moves it and breaks things that no compiler sees.
func libc(root string) ([]string, error) {
	file, err := run(root, "list", "-m", "-f", "{{.GoMod}}", sqlitePath)
	if err != nil {
		return nil, err
	}
	want, err := required(root, strings.TrimSpace(file), libcPath)
	if err != nil {
		return nil, err
	}
	have, err := run(root, "list", "-m", "-f", "{{.Version}}", libcPath)
	if err != nil {
		return nil, err
	}
	if have = strings.TrimSpace(have); have != want {
		return []string{fmt.Sprintf("go.mod has %s %s, but %s was made with %s: go get %[1]s@%[4]s", libcPath, have, sqlitePath, want)}, nil
	}
	return nil, nil
}

// required is the version of a module that a go.mod file asks for.
func required(dir, file, module string) (string, error) {
	text, err := run(dir, "mod", "edit", "-json", file)
	if err != nil {
		return "", err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(text), &mod); err != nil {
		return "", err
	}
	for _, r := range mod.Require {
		if r.Path == module {
			return r.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", file, module)
}

func run(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
