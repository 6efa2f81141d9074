package postgres

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
)

// An address over a network is used only where the server has to prove who it is.
func TestAddresses(t *testing.T) {
	none := func(string) string { return "" }
	for address, want := range map[string]struct {
		tls   bool
		where string // or what the error says
	}{
		"postgres://olga@db.example.net/fob":                                               {true, "postgres://db.example.net/fob"},
		"postgres://olga@db.example.net:5433/fob?sslmode=verify-ca":                        {true, "postgres://db.example.net:5433/fob"},
		"postgres://olga@localhost/fob":                                                    {false, "postgres://localhost/fob"},
		"postgres://olga@/fob?host=/run/postgresql":                                        {false, "postgres:///run/postgresql/fob"},
		"postgres://olga@/fob?host=/run/postgresql,db.example.net":                         {true, ""},
		"postgres://olga@127.0.0.1:1,db.example.net:2/fob?target_session_attrs=read-write": {true, ""},
		"postgres://olga@/fob?host=127.0.0.1,::1":                                          {false, ""},
		"postgres://olga@db.example.net/fob?sslmode=require":                               {false, "lets anybody between"},
		"postgres://olga@127.0.0.1:1,db.example.net:2/fob?sslmode=disable":                 {false, "lets anybody between"},
		"postgres://olga:geheim@db.example.net/fob":                                        {false, "holds a password"},
		"postgres://olga@db.example.net/fob?password=geheim":                               {false, "holds a password"},
		"postgres://olga@db.example.net/fob?port=geheim":                                   {false, "cannot be used"},
		"postgres://olga:geheim@db.example .net/fob":                                       {false, "cannot be read"},
	} {
		config, where, err := parseAddress(address, none)
		if err != nil {
			if want.where == "" || !strings.Contains(err.Error(), want.where) || strings.Contains(err.Error(), "olga:") {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		all := []*tls.Config{config.TLSConfig}
		for _, f := range config.Fallbacks { // the further ones of several servers
			all = append(all, f.TLSConfig)
		}
		verifies := slices.ContainsFunc(all, func(c *tls.Config) bool { return c != nil && (!c.InsecureSkipVerify || c.VerifyPeerCertificate != nil) })
		if verifies != want.tls || want.where != "" && where != want.where {
			t.Errorf("%s: TLS %v, where %s", address, verifies, where)
		}
	}
}
