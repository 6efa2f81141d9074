package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"fob/internal/cli/term"
)

// account is a login of this computer that a test made.
type account struct {
	t         *testing.T
	name, uid string
	group     string
	fob, dir  string
}

// newAccounts makes logins in one group; it takes root, which CI is.
func newAccounts(t *testing.T, names ...string) (all []account) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has to run as root: two real users are needed")
		}
		t.Skip("LEFT OUT: two real users, which only root can make")
	}
	system(t, "groupadd", "--force", "fobtest")
	group, err := user.LookupGroup("fobtest")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "fobtest") // not below t.TempDir, which only root may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.RemoveAll(dir)
		for _, name := range names {
			_ = exec.Command("userdel", name).Run()
		}
		_ = exec.Command("groupdel", "fobtest").Run()
	})
	gid, _ := strconv.Atoi(group.Gid)
	if err := errors.Join(os.Chown(dir, 0, gid), os.Chmod(dir, 0o770|os.ModeSetgid)); err != nil {
		t.Fatal(err)
	}
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fob := filepath.Join(dir, "fob") // a name by which this binary is the program
	system(t, "cp", test, fob)
	system(t, "chmod", "0755", fob)
	for _, name := range names {
		_ = exec.Command("userdel", name).Run() // of a test that was killed
		system(t, "useradd", "--no-create-home", "--gid", "fobtest", name)
		u, err := user.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, account{t, name, u.Uid, group.Gid, fob, dir})
	}
	return all
}

func system(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// run runs fob as the user, who would have logged in on a computer that keeps the
// login uid.
func (a account) run(args ...string) ran {
	a.t.Helper()
	const become = `echo $1 >/proc/self/loginuid 2>/dev/null; uid=$1; gid=$2; shift 2; exec setpriv --reuid $uid --regid $gid --clear-groups "$@"`
	cmd := exec.Command("/bin/sh", append([]string{"-c", become, "sh", a.uid, a.group, a.fob}, args...)...)
	cmd.Dir = a.dir
	cmd.Env = []string{"HOME=" + filepath.Join(a.dir, a.name), "FOB_DB=" + filepath.Join(a.dir, "fob.db"), "USER=root"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		a.t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func (a account) must(exit int, args ...string) ran {
	a.t.Helper()
	got := a.run(args...)
	if got.exit != exit {
		a.t.Fatalf("%s: fob %q: exit %d, want %d\n%s%s", a.name, args, got.exit, exit, got.out, got.err)
	}
	return got
}

// Two people of the operating system, each at an account of their own: neither alone
// destroys a seed.
func TestTwoRealUsers(t *testing.T) {
	all := newAccounts(t, "fobtest-olga", "fobtest-eva")
	olga, eva := all[0], all[1]
	if err := os.WriteFile(filepath.Join(olga.dir, "delivery.csv"), seedFile(deliveryPlan), 0o644); err != nil {
		t.Fatal(err)
	}
	serial := parseKnown(seedFile(deliveryPlan))[0].serial
	olga.must(term.ExitDone, "init")
	if err := os.Chmod(filepath.Join(olga.dir, "fob.db"), 0o660); err != nil { // as `fob help two-people` says
		t.Fatal(err)
	}
	olga.must(term.ExitDone, "import", "delivery.csv")
	olga.must(term.ExitDone, "policy", "set", "second-person=destroy", "--approved-by", "Eva Brandt")
	olga.must(term.ExitNotAllowed, "retire", serial, "--yes")
	olga.must(term.ExitNotAllowed, "request", "approve", "1", "--yes")
	olga.must(term.ExitNotAllowed, "retire", serial, "--yes")

	if got := eva.must(term.ExitDone, "request", "show", "1"); !strings.Contains(got.out, fmt.Sprintf("fobtest-olga (uid %s)", olga.uid)) {
		t.Errorf("who asked: %s", got.out)
	}
	eva.must(term.ExitNotAllowed, "request", "run", "1")
	eva.must(term.ExitDone, "request", "approve", "1", "--yes")
	olga.must(term.ExitDone, "request", "run", "1")
	olga.must(term.ExitNotAllowed, "request", "run", "1")
	eva.must(term.ExitDone, "audit", "verify")
	if got := eva.must(term.ExitDone, "report", "overrides"); !strings.Contains(got.out, "fobtest-eva") || !strings.Contains(got.out, "request 1") {
		t.Errorf("who approved: %s", got.out)
	}
}
