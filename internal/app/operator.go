package app

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// CurrentOperator asks the operating system who works here: the login uid if the
// system keeps one, since it survives su and sudo, else the real uid. Nothing that
// the user sets has a say: the name comes from the system's lists, and of a uid
// that they do not know the number is the name. SUDO_UID is an environment variable
// that anybody can set: a claim. In a user namespace, where everybody can be uid 0,
// the uid outside counts; the error is NotAllowed if it cannot be known.
func CurrentOperator(getenv func(string) string) (token.Operator, error) {
	uid := os.Getuid()
	if login, ok := loginUID(); ok {
		uid = login
	}
	if mapped, err := os.ReadFile("/proc/self/uid_map"); err == nil { // elsewhere there are no namespaces
		outside, ok := outerUID(uid, string(mapped))
		if !ok {
			return token.Operator{}, fault.Errorf(fault.NotAllowed, "who runs this command cannot be known: uid %d of this user namespace has none outside", uid).
				WithHint("run it outside of the namespace, or map the user into it")
		}
		uid = outside
	}
	op := token.Operator{Kind: token.OperatorOS, ID: strconv.Itoa(uid), Name: strconv.Itoa(uid)}
	if claim, err := strconv.Atoi(getenv("SUDO_UID")); err == nil {
		op.SudoUID = strconv.Itoa(claim)
	}
	if name := loginName(op.ID); name != "" {
		op.Name = strings.ToValidUTF8(name, "\uFFFD")
	}
	return op, nil
}

// outerUID translates a uid of this namespace by the kernel's map of it (see
// user_namespaces(7)): lines of first uid inside, first outside, how many.
func outerUID(uid int, uidMap string) (outside int, ok bool) {
	for line := range strings.Lines(uidMap) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		inside, err1 := strconv.Atoi(f[0])
		outer, err2 := strconv.Atoi(f[1])
		n, err3 := strconv.Atoi(f[2])
		if err1 == nil && err2 == nil && err3 == nil && uid >= inside && uid-inside < n {
			return outer + uid - inside, true
		}
	}
	return 0, false
}

// loginName is the system's name of a uid, empty if it has none. os/user is of no
// use here: it takes $USER for the name of a uid that /etc/passwd does not know.
func loginName(uid string) string {
	if file, err := os.Open("/etc/passwd"); err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if name := passwdName(lines.Text(), uid); name != "" {
				return name
			}
		}
	}
	ask := exec.Command("/usr/bin/getent", "passwd", uid) // directories are known to the C library only
	ask.Env = []string{}
	answer, err := ask.Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(answer), "\n")
	return passwdName(line, uid)
}

// passwdName is the name in a line of passwd(5), if it is that of the uid.
func passwdName(line, uid string) string {
	if f := strings.Split(line, ":"); len(f) >= 4 && f[2] == uid {
		return f[0]
	}
	return ""
}

// loginUID reads what the kernel's audit system keeps; 2^32-1 says "none".
func loginUID() (int, bool) {
	text, err := os.ReadFile("/proc/self/loginuid")
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || n == 1<<32-1 {
		return 0, false
	}
	return int(n), true
}

func userName(uid int) string {
	return cmp.Or(loginName(strconv.Itoa(uid)), "uid "+strconv.Itoa(uid))
}
