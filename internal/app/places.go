package app

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// DefaultDB is where the store is unless somebody says otherwise: FOB_DB, else
// the XDG data folder. It is empty when there is no home to put it in.
func DefaultDB(getenv func(string) string) string {
	return cmp.Or(getenv("FOB_DB"), below(folder(getenv, "XDG_DATA_HOME", ".local/share"), "fob.db"))
}

// DefaultIdentity is where the identity is: FOB_IDENTITY, else the XDG config
// folder, apart from the database.
func DefaultIdentity(getenv func(string) string) string {
	return cmp.Or(getenv("FOB_IDENTITY"), below(folder(getenv, "XDG_CONFIG_HOME", ".config"), "identity.txt"))
}

// folder is the one of an XDG variable, else that below the home; empty without
// either. A relative one counts as none: the store would lie wherever somebody
// happens to stand.
func folder(getenv func(string) string, variable, below string) string {
	if dir := getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, below)
	}
	return ""
}

func below(folder, file string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "fob", file)
}

// checkDB refuses to go on without a place for the database.
func (c Config) checkDB() error {
	if c.DB != "" {
		return nil
	}
	return fault.Errorf(fault.Usage, "HOME is not set to a folder, so there is no usual place for the store").
		WithHint("name the database with %s or FOB_DB", fault.DB)
}

// checkIdentity does the same for the identity.
func (c Config) checkIdentity() error {
	if c.Identity != "" {
		return nil
	}
	return fault.Errorf(fault.KeyTrouble, "HOME is not set to a folder, so there is no usual place for the identity").
		WithHint("name the file with %s or FOB_IDENTITY", fault.Identity)
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
	op := token.Operator{Kind: token.OperatorOS, ID: strconv.Itoa(uid), Name: strconv.Itoa(uid)}
	if claim, err := strconv.Atoi(getenv("SUDO_UID")); err == nil {
		op.SudoUID = strconv.Itoa(claim)
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		op.Name = strings.ToValidUTF8(u.Username, "\uFFFD")
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
