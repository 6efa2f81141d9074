package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const exitIntegrity = 9 // integrity check failed

// firstVisit is what an auditor takes along from a visit: a key, and how long the
// trail was.
func firstVisit() []step {
	return []step{
		{says: "Last quarter's visit. The auditor writes down the public key that the store signs with,", args: words("key list")},
		{says: "and takes along how long the trail is.", args: words("audit checkpoint --out q3.note"), first: (*desk).visited},
	}
}

// visit is a quarter's audit, and the auditor's own machine, on which there is no
// store.
func visit() []step {
	return []step{
		{says: "A token is stolen on the train; its loss is entered, and ends the binding.",
			args: words("lost", right.Serial, "--stolen --ticket T-21 --yes")},
		{says: "The next visit. Does this quarter's trail go on from the one that the auditor knows?",
			args: words("audit verify --checkpoint q3.note"), more: (*desk).pub},
		{says: "The workbook, signed.", args: words("export q4.xlsx --sign")},
		{says: "Who had tokens at the last visit?", args: words("export then.csv --state bound --sign --as-of"), more: (*desk).then},
		{says: "What changed since the last visit, and which event did it?",
			args: words("report changes --column state --column account"), more: (*desk).then},
		{says: "On the auditor's machine, without a store: the file, its signature, and the key of last quarter.",
			args: words("verify-export q4.xlsx"), more: (*desk).pub, first: handOver("q4.xlsx", "q4.xlsx.sig"), auditor: true},
		{says: "Without that key nothing is proven.", args: words("verify-export q4.xlsx"), auditor: true, exit: exitIntegrity},
		{says: "And this one was changed on the way: somebody else's name in one row.",
			args: words("verify-export then.csv"), more: (*desk).pub, first: forged, auditor: true, exit: exitIntegrity},
		{says: "What is to be explained?", args: words("report exceptions")},
		{says: "What was lost, and how long did it take to be entered?", args: words("report losses")},
		{says: "Who did what?", args: words("report activity")},
		{says: "The checkpoint for next time.", args: words("audit checkpoint --out q4.note")},
	}
}

// visited remembers when the first visit was: the next full second, before which all
// was that came before, and behind which all is that comes now.
func (d *desk) visited(context.Context) error {
	d.visit = time.Now().UTC().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(d.visit) + time.Millisecond)
	return nil
}

func (d *desk) then(context.Context) ([]string, error) {
	return []string{d.visit.Format(time.RFC3339)}, nil
}

// pub is the key as the auditor wrote it down.
func (d *desk) pub(ctx context.Context) ([]string, error) {
	cmd := d.program.Command(ctx, "key", "list", "--json")
	cmd.Dir = d.dir
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var keys struct {
		Pub string `json:"checkpoint_pub"`
	}
	return []string{"--pub", keys.Pub}, json.Unmarshal(out, &keys)
}

// handOver copies files to the auditor's machine.
func handOver(names ...string) func(*desk, context.Context) error {
	return func(d *desk, _ context.Context) error {
		for _, name := range names {
			if err := copyFile(filepath.Join(d.dir, name), filepath.Join(d.auditors(), name)); err != nil {
				return err
			}
		}
		return nil
	}
}

// forged hands a file over in which somebody changed a name.
func forged(d *desk, ctx context.Context) error {
	const name = "then.csv"
	if err := handOver(name, name+".sig")(d, ctx); err != nil {
		return err
	}
	path := filepath.Join(d.auditors(), name)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(text, []byte("anna@"), []byte("otto@"), 1), 0o600)
}

// auditors is the folder of the auditor's machine, which has a home of its own.
func (d *desk) auditors() string { return d.dir + "-of-the-auditor" }

func (d *desk) auditorsEnv() []string {
	return append(slices.Clone(d.program.Env), "HOME="+filepath.Join(d.auditors(), "home"))
}

// leave copies what the session leaves behind.
func (d *desk) leave(out string) error {
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"inventory.xlsx", "q4.xlsx"} {
		if err := copyFile(filepath.Join(d.dir, name), filepath.Join(out, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{"desk", "home", "auditor"} { // of an earlier demo
		if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
			return err
		}
	}
	for from, name := range map[string]string{d.dir: "desk", d.home(): "home", d.auditors(): "auditor"} {
		if err := copyFolder(from, filepath.Join(out, name)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(out, "fob")); err != nil {
		return err
	}
	if err := copyFile(d.program.Path, filepath.Join(out, "fob")); err != nil {
		return err
	}
	return os.Chmod(filepath.Join(out, "fob"), 0o700)
}

// copyFolder copies a folder for nobody else to read.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(to, below))
	})
}

// home is where the store and the identity of the session lie.
func (d *desk) home() string {
	for _, e := range d.program.Env {
		if home, is := strings.CutPrefix(e, "HOME="); is {
			return home
		}
	}
	return d.dir
}

// goOn tells how to go on by hand with what was left.
func goOn(w io.Writer, out string) error {
	at, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, `
# The workbooks are in %[1]s, beside what the session left: the store and the
# identity (home), the files (desk), the notes, signatures and the public key of
# the auditor (auditor). To go on by hand:
cd %[2]s/desk
export HOME=%[2]s/home PATH=%[2]s:$PATH
fob list
fob show 2600412300003
fob audit verify
`, out, at)
	return nil
}
