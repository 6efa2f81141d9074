package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"fob/internal/fault"
	"fob/internal/store"
)

// IsAddress reports whether a database is named as this engine's are.
func IsAddress(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}

// Open opens a store for reading and writing.
func Open(ctx context.Context, address string) (*store.Store, error) {
	return open(ctx, address, false, store.New)
}

// OpenReadOnly opens a store for reading; an auditor's role or a standby will do.
func OpenReadOnly(ctx context.Context, address string) (*store.Store, error) {
	return open(ctx, address, true, store.New)
}

// Examine opens a store for those who tell what is wrong with it.
func Examine(ctx context.Context, address string) (*store.Store, error) {
	return open(ctx, address, true, store.Examine)
}

type makeStore = func(context.Context, store.Engine) (*store.Store, error)

func open(ctx context.Context, address string, readOnly bool, make makeStore) (*store.Store, error) {
	e, err := connect(address, readOnly)
	if err != nil {
		return nil, err
	}
	s, err := make(ctx, e)
	if err != nil {
		e.Close()
		return nil, explain(err, "opening "+e.where, e.where)
	}
	return s, nil
}

// maxConnections bounds what one process takes of a server's connections: three
// readers that verify, a loader with its hold, and a writer.
const maxConnections = 8

// connect prepares connections; the first query makes one.
func connect(address string, readOnly bool) (*engine, error) {
	config, where, err := parseAddress(address, os.Getenv)
	if err != nil {
		return nil, err
	}
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	db := sql.OpenDB(connector{stdlib.GetConnector(*config, stdlib.OptionShouldPing(afterIdling))})
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	return &engine{db: db, where: where, holds: map[uuid.UUID]bool{}}, nil
}

// parseAddress reads an address, which must not hold a password: other users of a
// machine see the arguments of a command. Over a network the server has to prove who
// it is.
func parseAddress(address string, getenv func(string) string) (config *pgx.ConnConfig, where string, err error) {
	u, err := url.Parse(address)
	if err != nil { // its text might hold a password
		return nil, "", fault.Errorf(fault.Usage, "the address of the database cannot be read").
			WithHint("write it as postgres://user@host:port/database")
	}
	query := u.Query()
	if _, has := u.User.Password(); has || query.Has("password") {
		return nil, "", fault.Errorf(fault.Usage, "the address of the database holds a password, which others on this machine can see").
			WithHint("put it into a file of mode 0600 and name that in PGPASSFILE; change the password")
	}
	host := cmp.Or(query.Get("host"), u.Hostname(), getenv("PGHOST"))
	local := !slices.ContainsFunc(strings.Split(host, ","), func(one string) bool {
		return one != "" && !strings.HasPrefix(one, "/") && !isLoopback(one)
	})
	switch mode := cmp.Or(query.Get("sslmode"), getenv("PGSSLMODE")); {
	case local:
	case mode == "":
		query.Set("sslmode", "verify-full")
	case mode != "verify-full" && mode != "verify-ca":
		return nil, "", fault.Errorf(fault.Usage, "sslmode=%s lets anybody between here and %s read and change what is sent", mode, host).
			WithHint("leave sslmode out, and name the server's certificate authority with sslrootcert")
	}
	if query.Get("target_session_attrs") == "read-write" { // by which a session that only reads finds no server
		query.Set("target_session_attrs", "primary")
	}
	if file := passwordFile(getenv); file != "" && !query.Has("passfile") {
		query.Set("passfile", file)
	}
	u.RawQuery = query.Encode()
	if config, err = pgx.ParseConfig(u.String()); err != nil {
		return nil, "", fault.Errorf(fault.Usage, "the address of the database cannot be used: %s", plain(err, u)).
			WithHint("write it as postgres://user@host:port/database")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // one round trip for a query
	config.RuntimeParams["application_name"] = "fob"
	config.RuntimeParams["lock_timeout"] = "60000" // milliseconds; an import takes its turns of less than one second
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["enable_seqscan"] = "off" // a plan that is kept outlives a load that makes a small table a large one
	config.RuntimeParams["jit"] = "off"            // compiling takes longer than to read a store
	place := u.Hostname()
	if u.Port() != "" {
		place = net.JoinHostPort(place, u.Port())
	}
	return config, "postgres://" + cmp.Or(place, host) + "/" + config.Database, nil
}

// passwordFile is that of the system's credentials where PGPASSFILE names none.
func passwordFile(getenv func(string) string) string {
	if dir := getenv("CREDENTIALS_DIRECTORY"); dir != "" && getenv("PGPASSFILE") == "" {
		if file := filepath.Join(dir, "pgpass"); readable(file) {
			return file
		}
	}
	return ""
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err == nil {
		f.Close()
	}
	return err == nil
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil { // of several, as they stand in an address
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// plain is what pgx says of an address, without the address.
func plain(err error, u *url.URL) string {
	text := err.Error()
	if _, after, found := strings.Cut(text, "`: "); found {
		text = after
	}
	return strings.ReplaceAll(text, u.String(), "it")
}

// rower asks for one row: a database or a transaction.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
