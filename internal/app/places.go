package app

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"fob/internal/token"
)

// DefaultDB is where the store is unless somebody says otherwise: FOB_DB, else
// the XDG data folder.
func DefaultDB(getenv func(string) string) string {
	return cmp.Or(getenv("FOB_DB"), filepath.Join(folder(getenv, "XDG_DATA_HOME", ".local/share"), "fob", "fob.db"))
}

// DefaultIdentity is where the identity is: FOB_IDENTITY, else the XDG config
// folder, apart from the database.
func DefaultIdentity(getenv func(string) string) string {
	return cmp.Or(getenv("FOB_IDENTITY"), filepath.Join(folder(getenv, "XDG_CONFIG_HOME", ".config"), "fob", "identity.txt"))
}

func folder(getenv func(string) string, variable, below string) string {
	if dir := getenv(variable); filepath.IsAbs(dir) { // the XDG specification ignores relative ones
		return dir
	}
	return filepath.Join(getenv("HOME"), below)
}

// CheckpointPath is the checkpoint key beside an identity file.
func CheckpointPath(identity string) string {
	return filepath.Join(filepath.Dir(identity), "checkpoint.key")
}

// CurrentOperator asks the operating system who works here: the login uid
// where the system keeps one, since it survives su and sudo, else the real
// uid. SUDO_UID is an environment variable that anybody can set: a claim.
func CurrentOperator(getenv func(string) string) token.Operator {
	uid := os.Getuid()
	if login, ok := loginUID(); ok {
		uid = login
	}
	op := token.Operator{UID: uid, Name: strconv.Itoa(uid)}
	if claim, err := strconv.Atoi(getenv("SUDO_UID")); err == nil {
		op.SudoUID = strconv.Itoa(claim)
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		op.Name = u.Username
	}
	return op
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
