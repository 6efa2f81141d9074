// Command lint checks what no ready-made linter knows about this tree: that the
// top level holds only what belongs there, that no file names a folder of
// somebody's machine or the host of a package registry, that no text uses a word that
// has to be learnt, that no package below the front ends names a command or a flag, and
// that modernc.org/libc is exactly what modernc.org/sqlite was made with.
//
//	go -C tools/lint run . ../..
//
// It lives in a module of its own, together with staticcheck, so that linters
// never become requirements of fob.
package main

import (
	"fmt"
	"os"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	problems, err := check(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(1)
	}
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, "lint:", p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check gathers the problems of the tree at root.
func check(root string) (problems []string, err error) {
	for _, one := range []func(string) ([]string, error){topLevel, names, said, remedies, libc} {
		found, err := one(root)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}
