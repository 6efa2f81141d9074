package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fob/internal/cli/term"
)

// A disk that is full anywhere in the middle of an export, and one that takes no
// files, leave the old file and its signature as they are, and nothing beside them.
func TestExportOnAFullDisk(t *testing.T) {
	l := newLived(t, 60)
	disk := smallDisk(t, l.dir)
	if err := os.WriteFile(filepath.Join(l.dir, "password"), []byte("Test password 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x.csv", "x.json", "x.zip", "x.xlsx", "locked.xlsx"} {
		flags := []string{"--sign"}
		if name == "locked.xlsx" {
			flags = append(flags, "--password-file", filepath.Join(l.dir, "password"))
		}
		whole, err := os.Stat(l.export(t, name))
		if err != nil {
			t.Fatal(err)
		}
		pages := int(whole.Size()+4095) / 4096
		for _, room := range []int{2, 2 + pages/2, 1 + pages, 2 + pages} { // old file, old signature, and the new file or less
			remount(t, disk, "size=1g")
			write(t, filepath.Join(disk, name), "the old file")
			write(t, filepath.Join(disk, name+term.SidecarEnding), "the old signature")
			remount(t, disk, fmt.Sprintf("size=%dk", 4*room))
			got := l.run(append([]string{"export", filepath.Join(disk, name), "--yes"}, flags...)...)
			if got.exit != term.ExitFailed || !strings.Contains(got.err, "disk is full") || strings.Contains(got.err, ".fob-") {
				t.Errorf("%s with %d pages of %d: exit %d\n%s", name, room, pages, got.exit, got.err)
			}
			onlyOld(t, disk, name)
		}
		remount(t, disk, "size=8k") // the old file and the old signature: without a new one it would go
		if got := l.run(append([]string{"export", filepath.Join(disk, name), "--yes"}, flags[1:]...)...); got.exit != term.ExitFailed {
			t.Errorf("%s unsigned on a full disk: exit %d\n%s", name, got.exit, got.err)
		}
		onlyOld(t, disk, name)
		remount(t, disk, "ro")
		got := l.run(append([]string{"export", filepath.Join(disk, name), "--yes"}, flags...)...)
		if got.exit != term.ExitFailed || !strings.Contains(got.err, name+" cannot be made: read-only file system") {
			t.Errorf("%s on a disk that is read-only: exit %d\n%s", name, got.exit, got.err)
		}
		onlyOld(t, disk, name)
		remount(t, disk, "rw")
		for _, old := range []string{name, name + term.SidecarEnding} {
			if err := os.Remove(filepath.Join(disk, old)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// smallDisk is a disk of one page.
func smallDisk(t *testing.T, dir string) string {
	t.Helper()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4k"); err != nil {
		t.Skip("no disk can be made to be filled here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
	return disk
}

// A checkpoint that did not fit leaves no file in the way of the next try.
func TestCheckpointOnAFullDisk(t *testing.T) {
	p, dir := newProgram(t), t.TempDir()
	p.must(t, "init")
	disk := smallDisk(t, dir)
	filler, out := filepath.Join(disk, "filler"), filepath.Join(disk, "q4.note")
	write(t, filler, strings.Repeat("x", 4096))
	for range 2 {
		got := p.run("audit", "checkpoint", "--out", out)
		if got.exit != term.ExitFailed || !strings.Contains(got.err, "disk is full") {
			t.Errorf("exit %d: %s", got.exit, got.err)
		}
		if _, err := os.Lstat(out); !os.IsNotExist(err) {
			t.Errorf("something stayed: %v", err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p.must(t, "audit", "checkpoint", "--out", out)
}

func remount(t *testing.T, disk, how string) {
	t.Helper()
	flags := uintptr(syscall.MS_REMOUNT)
	switch how {
	case "ro":
		flags, how = flags|syscall.MS_RDONLY, ""
	case "rw":
		how = ""
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", flags, how); err != nil {
		t.Fatal(how, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func onlyOld(t *testing.T, disk, name string) {
	t.Helper()
	files, err := os.ReadDir(disk)
	if err != nil || len(files) != 2 {
		t.Errorf("%s: the folder holds %v, %v", name, files, err)
	}
	for file, want := range map[string]string{name: "the old file", name + term.SidecarEnding: "the old signature"} {
		if text, err := os.ReadFile(filepath.Join(disk, file)); err != nil || string(text) != want {
			t.Errorf("%s holds %.40q, %v", file, text, err)
		}
	}
}

// An import that fills the disk says so in its own sentence, wherever it happens:
// nothing of it is kept, and what was there stays.
func TestImportOnAFullDisk(t *testing.T) {
	p, dir := newProgram(t), t.TempDir()
	disk := smallDisk(t, dir)
	var file strings.Builder
	file.WriteString("serial,seed,type,digits,period\n")
	for i := range 11_000 { // three slices
		fmt.Fprintf(&file, "%013d,%040x,totp,6,30\n", i, i+1)
	}
	first, large := filepath.Join(dir, "first.csv"), filepath.Join(dir, "large.csv")
	write(t, first, "serial,seed,type,digits,period\nS1,00000000000000000000000000000000000fffff,totp,6,30\n")
	write(t, large, file.String())
	p.env["FOB_DB"] = filepath.Join(disk, "store", "fob.db")
	full := 0
	for size := range diskSizes {
		remount(t, disk, "size=1g")
		if err := os.RemoveAll(filepath.Join(disk, "store")); err != nil {
			t.Fatal(err)
		}
		p.env["FOB_IDENTITY"] = filepath.Join(dir, fmt.Sprintf("identity-%d", size), "identity.txt")
		p.must(t, "init")
		p.must(t, "import", first)
		var used syscall.Statfs_t
		if err := syscall.Statfs(disk, &used); err != nil {
			t.Fatal(err)
		}
		pages := int(used.Blocks-used.Bfree) + size*largestDisk/diskSizes
		remount(t, disk, fmt.Sprintf("size=%dk", 4*pages))
		before := p.run("list").out
		got := p.run("import", large)
		if got.exit != term.ExitDone {
			full++
			if got.exit != term.ExitFailed || strings.Count(got.err, "disk of the store is full") != 1 || strings.Contains(got.err, "cancel") || strings.ContainsRune(got.err, '\uFFFD') {
				t.Errorf("size %d: exit %d\n%s", size, got.exit, got.err)
			}
		}
		remount(t, disk, "size=1g")
		if size > 0 && got.exit != term.ExitDone && p.must(t, "list").out != before {
			t.Errorf("size %d: other tokens are listed", size)
		}
		p.must(t, "import", first) // sweeps
		p.must(t, "doctor")
	}
	if full < diskSizes/3 || full == diskSizes {
		t.Errorf("the disk was full in %d of %d tries", full, diskSizes)
	}
}

// largestDisk is how many pages more than the store an import of the file above
// needs, and then some.
const largestDisk = 600

// Every command says that the disk is full, and no command says anything else.
func TestCommandsOnAFullDisk(t *testing.T) {
	p, dir := newProgram(t), t.TempDir()
	disk := smallDisk(t, dir)
	remount(t, disk, "size=1g")
	file, people := filepath.Join(dir, "delivery.csv"), filepath.Join(dir, "people.csv")
	write(t, file, string(seedFile(deliveryPlan)))
	write(t, people, "login\nanna\n")
	p.env["FOB_DB"] = filepath.Join(disk, "store", "fob.db")
	p.must(t, "init")
	p.must(t, "import", file)
	const serial = "2600412300001"
	var used syscall.Statfs_t
	if err := syscall.Statfs(disk, &used); err != nil {
		t.Fatal(err)
	}
	for _, extra := range []int{0, 8, 9} { // no room; room for the shared memory; and a page
		remount(t, disk, fmt.Sprintf("size=%dk", 4*(int(used.Blocks-used.Bfree)+extra)))
		commands := [][]string{
			{"assign", serial, "anna"}, {"move", serial, "--to", "Wien", "--new-location"}, {"bind", serial, "anna", "--code", "123456"},
			{"retire", serial, "--reason", "x", "--yes"}, {"batch", "quarantine", "1", "--reason", "x", "--yes"},
			{"account", "import", people}, {"policy", "set", "codes-needed=2", "--approved-by", "Eva"},
			{"lost", serial, "--yes", "--stolen"},
		}
		if extra == 0 { // reading takes the shared memory
			commands = append(commands, []string{"list"}, []string{"audit", "verify"}, []string{"doctor"}, []string{"export", filepath.Join(disk, "x.csv")},
				[]string{"audit", "checkpoint", "--out", filepath.Join(disk, "note")})
		}
		for _, args := range commands {
			got := p.run(args...)
			done := args[0] == "retire" && strings.Contains(got.out, "is retired now") // what does not fit is to empty the log behind it
			if got.exit != term.ExitFailed || strings.Count(got.err, "is full") != 1 || got.out != "" && !done {
				t.Errorf("fob %q with %d pages: exit %d\n%s%s", args, extra, got.exit, got.out, got.err)
			}
		}
	}
	remount(t, disk, "size=1g")
	p.must(t, "audit", "verify")
	p.must(t, "doctor")
}

// A list of refused records that does not fit is the error, also where the good ones
// are stored: anyone who asked for the list has not got it.
func TestRejectsOnAFullDisk(t *testing.T) {
	p, dir := newProgram(t), t.TempDir()
	disk := smallDisk(t, dir)
	p.must(t, "init")
	file := filepath.Join(dir, "bad.csv")
	write(t, file, "serial,seed,type,digits,period\nS1,00000000000000000000000000000000000fffff,totp,6,30\n"+strings.Repeat("S2,zz,totp,6,30\n", 600))
	for _, flags := range [][]string{nil, {"--partial"}} {
		rejects := filepath.Join(disk, fmt.Sprintf("rejects-%d.csv", len(flags)))
		got := p.run(append([]string{"import", file, "--rejects", rejects}, flags...)...)
		if got.exit != term.ExitFailed || !strings.Contains(got.err, "is full") {
			t.Errorf("%v: exit %d\n%s%s", flags, got.exit, got.out, got.err)
		}
	}
}
