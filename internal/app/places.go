package app

import (
	"cmp"
	"path/filepath"

	"fob/internal/fault"
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
