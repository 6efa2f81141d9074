package app

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"fob/internal/custody"
	"fob/internal/fault"
)

// DefaultDB is where the store is unless somebody says otherwise: FOB_DB, else
// the XDG data folder. It is empty when there is no home to put it in.
func DefaultDB(getenv func(string) string) string {
	return cmp.Or(getenv("FOB_DB"), below(folder(getenv, "XDG_DATA_HOME", ".local/share"), "fob.db"))
}

// CredentialName is the systemd credential that is an identity.
const CredentialName = "identity"

// Places finds the identity, and the folders of what lies beside it: what was named,
// else FOB_IDENTITY, else the systemd credential "identity", else the XDG config
// folder, apart from the database. "none" stands for no identity. A descriptor and a
// credential have no folder that can be written: what was seen is kept in the state
// folder of the service, else in the XDG config folder.
func (c *Config) Places(identity string, getenv func(string) string) {
	usual := below(folder(getenv, "XDG_CONFIG_HOME", ".config"), "identity.txt")
	credentials := getenv("CREDENTIALS_DIRECTORY")
	c.Identity = cmp.Or(identity, getenv("FOB_IDENTITY"))
	switch {
	case c.Identity == "none":
		c.Identity = ""
	case custody.IsDescriptor(c.Identity):
		if usual != "" {
			c.Anchors, c.Memory = filepath.Dir(usual), filepath.Dir(usual)
		}
	case c.Identity != "":
	case filepath.IsAbs(credentials) && exists(filepath.Join(credentials, CredentialName)):
		c.Identity = filepath.Join(credentials, CredentialName)
		state, _, _ := strings.Cut(getenv("STATE_DIRECTORY"), ":")
		if usual != "" {
			c.Memory = filepath.Dir(usual)
			if !exists(filepath.Join(credentials, custody.CheckpointFile)) && !exists(filepath.Join(credentials, custody.PublicFile)) {
				c.Anchors = c.Memory
			}
		}
		c.Memory = cmp.Or(state, c.Memory)
	default:
		c.Identity = usual
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// anchors is the folder of the checkpoint files, empty where there is no identity.
func (c Config) anchors() string {
	if c.Anchors != "" || c.Identity == "" {
		return c.Anchors
	}
	return filepath.Dir(c.Identity)
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
	return fault.Errorf(fault.KeyTrouble, "no identity is named, and without HOME there is no usual place for one").
		WithHint("name the file with %s or FOB_IDENTITY", fault.Identity)
}
