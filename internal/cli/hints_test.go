package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var namedCommand = regexp.MustCompile("`fob ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?[^`\n]*`")

// A hint that sends somebody to a command that is not there is worse than none:
// every command that a message or comment of the program names exists.
func TestNamedCommandsExist(t *testing.T) {
	top := Root()
	named := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "help.md") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range namedCommand.FindAllStringSubmatch(string(text), -1) {
			if named++; m[1] == "help" {
				continue // cobra adds it when the program runs
			}
			c, _, err := top.Find([]string{m[1]})
			if err == nil && c.HasSubCommands() && c != top && m[2] != "" {
				c, _, err = top.Find([]string{m[1], m[2]})
				if err == nil && c.Name() != m[2] {
					t.Errorf("%s names `fob %s %s`, which is not there", path, m[1], m[2])
				}
			}
			if err != nil || c == top {
				t.Errorf("%s names `fob %s`, which is not there", path, m[1])
			}
		}
		return nil
	})
	if err != nil || named < 20 {
		t.Errorf("%d commands are named, %v", named, err)
	}
}
