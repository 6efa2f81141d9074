// Command docs writes what is made from the commands of fob: its manual pages, and the
// completions of bash, zsh and fish, laid out as they are installed below a prefix.
//
//	go run ./tools/docs -out build/share -version v1.0.0 -date 2026-11-24
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli"
)

func main() {
	out := flag.String("out", "build/share", "folder to write into")
	version := flag.String("version", "devel", "of fob")
	date := flag.String("date", time.Now().UTC().Format(time.DateOnly), "of the release")
	flag.Parse()
	pages, err := writeManual(filepath.Join(*out, "man"), edition{*version, *date})
	if err == nil {
		err = writeCompletions(*out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d manual pages, completions of bash, zsh and fish\n", *out, pages)
}

// writeCompletions writes a script for each shell where the shell looks for it.
func writeCompletions(dir string) error {
	for path, write := range map[string]func(*cobra.Command, io.Writer) error{
		"bash-completion/completions/fob":    func(c *cobra.Command, w io.Writer) error { return c.GenBashCompletionV2(w, true) },
		"zsh/site-functions/_fob":            (*cobra.Command).GenZshCompletion,
		"fish/vendor_completions.d/fob.fish": func(c *cobra.Command, w io.Writer) error { return c.GenFishCompletion(w, true) },
	} {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return err
		}
		err = write(cli.Root(), file)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	return nil
}
