package app

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

func TestOuterUID(t *testing.T) {
	for name, c := range map[string]struct {
		uid     int
		uidMap  string
		outside int
		ok      bool
	}{
		"no namespace":  {1000, "         0          0 4294967295\n", 1000, true},
		"root inside":   {0, "0 1000 1\n", 1000, true},
		"second line":   {5, "0 1000 1\n1 100000 65536\n", 100004, true},
		"nobody inside": {65534, "0 1000 1\n", 0, false},
		"no map":        {0, "", 0, false},
	} {
		if outside, ok := outerUID(c.uid, c.uidMap); outside != c.outside || ok != c.ok {
			t.Errorf("%s: %d, %t", name, outside, ok)
		}
	}
}

// Of a uid that no list knows the number is the name, whatever $USER says.
func TestOperatorNameIsTheSystems(t *testing.T) {
	t.Setenv("USER", "mallory")
	if name := loginName("3999999999"); name != "" {
		t.Errorf("a uid that nobody has is called %q", name)
	}
	if name := passwdName("eva:x:1000:1000:Eva Brandt:/home/eva:/bin/sh", "1000"); name != "eva" {
		t.Errorf("eva is called %q", name)
	}
	op, err := CurrentOperator(func(string) string { return "mallory" })
	if err != nil || op.Name == "mallory" || op.SudoUID != "" {
		t.Errorf("%+v, %v", op, err)
	}
}

// In a user namespace one is root, and is still recorded as who one is outside.
func TestOperatorInUserNamespace(t *testing.T) {
	if os.Getenv("FOB_TEST_NAMESPACE") != "" {
		op, err := CurrentOperator(os.Getenv)
		if err != nil || op.ID != os.Getenv("FOB_TEST_NAMESPACE") {
			t.Errorf("%+v, %v", op, err)
		}
		return
	}
	inside := exec.Command("unshare", "--user", "--map-user=4242", os.Args[0], "-test.run", "^TestOperatorInUserNamespace$")
	inside.Env = append(os.Environ(), "FOB_TEST_NAMESPACE="+strconv.Itoa(os.Getuid()))
	if exec.Command("unshare", "--user", "true").Run() != nil {
		t.Skip("this system allows no user namespaces")
	}
	if out, err := inside.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
