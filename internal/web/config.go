package web

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
)

// Config is what a configuration file says, with what is usual in the place of what
// it does not say.
type Config struct {
	Listen          string // host:port, or the path of a unix socket
	TLSCert, TLSKey string
	URL             string // how browsers reach the pages, without a slash at the end

	Issuer, ClientID, SecretFile        string
	RolesClaim, NameClaim, AccountClaim string
	Scopes                              []string
	Roles                               map[Role][]string // which values of the claim give a role

	Fresh      time.Duration // how old the sign-in may be before what demands a fresh one
	Idle, Life time.Duration // of a session

	// Holders says what people with their own tokens may bind: HoldersOff, or a token
	// that was assigned to them, or any in stock. Apps allows them authenticator apps.
	Holders string
	Apps    bool

	// So many tries of an account, a token or an address within RateSpan, by holders;
	// and so many requests of an address within a second.
	AccountTries, TokenTries, AddressTries int
	RequestsPerSecond                      int
}

// What holders may bind.
const (
	HoldersOff      = "off"
	HoldersAssigned = "assigned"
	HoldersStock    = "stock"
)

// RateSpan is the time over which the tries of holders are counted.
const RateSpan = time.Hour

// UsualConfig is what holds where no file says otherwise.
func UsualConfig() Config {
	return Config{
		Listen: "127.0.0.1:8443", RolesClaim: "groups", NameClaim: "name", AccountClaim: "preferred_username",
		Scopes: []string{"openid", "profile", "email"}, Roles: map[Role][]string{},
		Fresh: 10 * time.Minute, Idle: 30 * time.Minute, Life: 10 * time.Hour, Holders: HoldersOff,
		AccountTries: 10, TokenTries: 10, AddressTries: 60, RequestsPerSecond: 50,
	}
}

// setting is one name that a configuration may have.
type setting struct {
	name string
	set  func(c *Config, value string) error
}

func text(to func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		*to(c) = value
		return nil
	}
}

func span(to func(*Config) *time.Duration, least, most time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least || d > most {
			return fmt.Errorf("%q is no length of time from %s to %s, such as 10m", value, least, most)
		}
		*to(c) = d
		return nil
	}
}

func count(to func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1_000_000 {
			return fmt.Errorf("%q is no number from 1 to 1000000", value)
		}
		*to(c) = n
		return nil
	}
}

func oneOf(to func(*Config, string), words ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if !slices.Contains(words, value) {
			return fmt.Errorf("%q is none of: %s", value, strings.Join(words, ", "))
		}
		to(c, value)
		return nil
	}
}

// settings are the names that a file may have, in the order in which help shows them.
func settings() []setting {
	all := []setting{
		{"listen", text(func(c *Config) *string { return &c.Listen })},
		{"tls-cert", text(func(c *Config) *string { return &c.TLSCert })},
		{"tls-key", text(func(c *Config) *string { return &c.TLSKey })},
		{"url", setURL(func(c *Config) *string { return &c.URL })},
		{"issuer", setURL(func(c *Config) *string { return &c.Issuer })},
		{"client-id", text(func(c *Config) *string { return &c.ClientID })},
		{"client-secret-file", text(func(c *Config) *string { return &c.SecretFile })},
		{"scopes", func(c *Config, value string) error {
			if c.Scopes = strings.Fields(value); !slices.Contains(c.Scopes, "openid") {
				return fmt.Errorf("openid has to be among the scopes")
			}
			return nil
		}},
		{"roles-claim", text(func(c *Config) *string { return &c.RolesClaim })},
		{"name-claim", text(func(c *Config) *string { return &c.NameClaim })},
		{"account-claim", text(func(c *Config) *string { return &c.AccountClaim })},
		{"fresh-sign-in", span(func(c *Config) *time.Duration { return &c.Fresh }, time.Minute, 24*time.Hour)},
		{"session-idle", span(func(c *Config) *time.Duration { return &c.Idle }, time.Minute, 24*time.Hour)},
		{"session-life", span(func(c *Config) *time.Duration { return &c.Life }, time.Minute, 7*24*time.Hour)},
		{"holders", oneOf(func(c *Config, v string) { c.Holders = v }, HoldersOff, HoldersAssigned, HoldersStock)},
		{"apps", oneOf(func(c *Config, v string) { c.Apps = v == "on" }, "on", "off")},
		{"tries-per-account", count(func(c *Config) *int { return &c.AccountTries })},
		{"tries-per-token", count(func(c *Config) *int { return &c.TokenTries })},
		{"tries-per-address", count(func(c *Config) *int { return &c.AddressTries })},
		{"requests-per-second", count(func(c *Config) *int { return &c.RequestsPerSecond })},
	}
	for _, r := range RoleNames {
		all = append(all, setting{"role." + r.Name, func(c *Config, value string) error {
			for word := range strings.SplitSeq(value, ",") {
				if word = strings.TrimSpace(word); word == "" {
					return fmt.Errorf("a value of the claim is empty")
				}
				c.Roles[r.Role] = append(c.Roles[r.Role], word)
			}
			return nil
		}})
	}
	return all
}

func setURL(to func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%q is no address that begins with https:// (http:// on this computer alone)", value)
		}
		*to(c) = value
		return nil
	}
}

// ReadConfig reads a file of lines NAME = VALUE. What it does not know is refused: a
// setting that was mistyped would be one that does not hold.
func ReadConfig(path string) (c Config, err error) {
	file, err := os.Open(path)
	if err != nil {
		return c, fault.Wrap(fault.Usage, err, "the configuration cannot be read")
	}
	defer file.Close()
	if c, err = parseConfig(file, filepath.Base(path)); err != nil {
		return c, err
	}
	for _, file := range []*string{&c.TLSCert, &c.TLSKey, &c.SecretFile} { // they lie beside it
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	return c, nil
}

func parseConfig(in io.Reader, name string) (c Config, err error) {
	c = UsualConfig()
	known, line, at := settings(), 0, map[string]int{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line++
		said := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		if said == "" || said[0] == '#' {
			continue
		}
		wrong := func(format string, args ...any) (Config, error) {
			return c, fault.Errorf(fault.Usage, "%s, line %d: %s", name, line, fmt.Sprintf(format, args...))
		}
		key, value, ok := strings.Cut(said, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		i := slices.IndexFunc(known, func(s setting) bool { return s.name == key })
		switch {
		case !ok:
			return wrong("it is not NAME = VALUE")
		case i < 0:
			return wrong("there is no setting %q", key)
		case at[key] > 0:
			return wrong("%s is set already, in line %d", key, at[key])
		case value == "":
			return wrong("%s is empty: leave the line out", key)
		}
		if at[key] = line; err == nil {
			if err := known[i].set(&c, value); err != nil {
				return wrong("%s: %v", key, err)
			}
		}
	}
	return c, c.check(func(key string) string {
		if at[key] == 0 {
			return name
		}
		return fmt.Sprintf("%s, line %d", name, at[key])
	})
}

// check refuses what does not go together; where names the place of a setting.
func (c *Config) check(where func(key string) string) error {
	c.URL = strings.TrimSuffix(c.URL, "/")
	no := func(key, format string, args ...any) error {
		return fault.Errorf(fault.Usage, "%s: %s", where(key), fmt.Sprintf(format, args...))
	}
	switch {
	case c.Issuer == "":
		return no("", "issuer is missing: nobody could sign in")
	case c.ClientID == "":
		return no("issuer", "client-id is missing, by which the provider knows these pages")
	case c.URL == "":
		return no("issuer", "url is missing: the provider has to know where people come back to")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return no("tls-cert", "tls-cert and tls-key go together")
	case len(c.Roles) == 0:
		return no("", "no role is given to anybody: role.support = NAME-OF-A-GROUP")
	case c.Holders != HoldersOff && len(c.Roles[Holder]) == 0:
		return no("holders", "role.holder is missing: nobody is a holder")
	case c.Holders == HoldersOff && len(c.Roles[Holder]) > 0:
		return no("role.holder", "holders is off: say holders = assigned, or holders = stock")
	case c.Idle > c.Life:
		return no("session-idle", "session-idle is longer than session-life")
	}
	return nil
}

// secret reads the client's secret; empty where the client has none.
func (c Config) secret() (string, error) {
	if c.SecretFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return "", fault.Wrap(fault.Usage, err, "the client's secret cannot be read")
	}
	if secret := strings.TrimSpace(string(text)); secret != "" {
		return secret, nil
	}
	return "", fault.Errorf(fault.Usage, "%s, the client's secret, is empty", c.SecretFile)
}

// rolesOf are the roles that a person gets from the values of the claim.
func (c Config) rolesOf(claimed []string) (all Role) {
	for role, values := range c.Roles {
		if slices.ContainsFunc(values, func(v string) bool { return slices.Contains(claimed, v) }) {
			all |= role
		}
	}
	return all
}
