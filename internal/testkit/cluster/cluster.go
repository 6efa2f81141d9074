// Package cluster runs a PostgreSQL server for tests: of Debian's package, as an
// unprivileged user, on a unix socket in a folder that is removed at the end.
package cluster

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// Cluster is a running server.
type Cluster struct {
	dir    string
	server *exec.Cmd
	ended  chan error
	made   atomic.Int64
	safe   bool
	bin    string
	as     *syscall.SysProcAttr
}

// Find returns the folder of the newest server's programs; ok is false where none
// is installed.
func Find() (bin string, ok bool) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) == 0 {
		return "", false
	}
	return filepath.Dir(found[len(found)-1]), true
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// Start makes a server and waits until it answers. A safe one may be killed: its
// commits are on the disk.
func Start(safe bool) (*Cluster, error) {
	return start(safe, func(c *Cluster) *exec.Cmd {
		return c.command("initdb", "-D", c.data(), "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	})
}

// ForTest starts a server for the length of a test, which is left out where none is
// installed and FOB_NO_PEERS says that this is known.
func ForTest(t testing.TB) *Cluster {
	t.Helper()
	if _, ok := Find(); !ok && os.Getenv("FOB_NO_PEERS") != "" {
		t.Skip("PostgreSQL's server is not installed")
	}
	c, err := Start(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// Standby makes a server that follows this one and answers who only reads.
func (c *Cluster) Standby() (*Cluster, error) {
	return start(c.safe, func(s *Cluster) *exec.Cmd {
		return s.command("pg_basebackup", "-D", s.data(), "-R", "-c", "fast", "-X", "stream", "-d", "host="+c.dir+" user=owner application_name=standby")
	})
}

// Synchronous has every commit wait for the standby, or not, and returns when it does.
func (c *Cluster) Synchronous(ctx context.Context, is bool) error {
	names := map[bool]string{true: "standby"}[is]
	err := c.Exec(ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '"+names+"'", "SELECT pg_reload_conf()")
	if err != nil || !is {
		return err
	}
	if err := c.until(ctx, "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync')"); err != nil {
		return fmt.Errorf("the standby does not follow: %w", err)
	}
	return nil
}

// until asks the server for half a minute, until it answers yes.
func (c *Cluster) until(ctx context.Context, question string) error {
	db, err := sql.Open("pgx", c.Address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for range 600 {
		var yes bool
		if err = db.QueryRowContext(ctx, question).Scan(&yes); yes {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return cmp.Or(err, errors.New("it answers no"))
}

// Promote makes a standby the primary server, and returns when it is.
func (c *Cluster) Promote(ctx context.Context) error {
	return c.Exec(ctx, "postgres", "SELECT pg_promote(true, 60)")
}

// start makes a server's folder and files, and runs it.
func start(safe bool, files func(*Cluster) *exec.Cmd) (*Cluster, error) {
	bin, ok := Find()
	if !ok {
		return nil, fmt.Errorf("PostgreSQL's server is not installed")
	}
	c := &Cluster{safe: safe, bin: bin, as: &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}}
	var err error
	if c.dir, err = os.MkdirTemp("", "fob-pg-"); err != nil {
		return nil, err
	}
	if err := c.Give(c.dir); err != nil {
		return nil, err
	}
	if err := os.Chmod(c.dir, 0o755); err != nil {
		return nil, err
	}
	if out, err := files(c).CombinedOutput(); err != nil {
		c.Stop()
		return nil, fmt.Errorf("making a server: %w: %s", err, out)
	}
	return c, c.Run()
}

// Give lets the server, which refuses to run as root, have a folder.
func (c *Cluster) Give(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, uid, gid)
}

// Dir is the folder of the server's socket.
func (c *Cluster) Dir() string { return c.dir }

// Socket is the server's socket.
func (c *Cluster) Socket() string { return filepath.Join(c.dir, ".s.PGSQL.5432") }

// Demand has a user show a password.
func (c *Cluster) Demand(ctx context.Context, user, password string) error {
	hba := filepath.Join(c.data(), "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	if err != nil {
		return err
	}
	if err := os.WriteFile(hba, append([]byte("local all "+user+" scram-sha-256\n"), rules...), 0o600); err != nil {
		return err
	}
	return c.Exec(ctx, "postgres", "CREATE ROLE "+user+" LOGIN PASSWORD '"+password+"'", "SELECT pg_reload_conf()")
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.SysProcAttr, cmd.Dir = c.as, c.dir
	return cmd
}

// Run starts the server, again after Kill.
func (c *Cluster) Run() error {
	args := []string{"-D", c.data(), "-k", c.dir, "-c", "listen_addresses="}
	if !c.safe {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	os.Remove(filepath.Join(c.data(), "postmaster.pid"))
	c.server = c.command("postgres", args...)
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	c.server.Stdout, c.server.Stderr = log, log
	started := make(chan error)
	c.ended = make(chan error, 1)
	go func() { // the thread that starts the server must live as long: its death ends the server
		runtime.LockOSThread()
		err := c.server.Start()
		started <- err
		if err == nil {
			c.ended <- c.server.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	err = c.until(context.Background(), "SELECT true")
	if err == nil {
		return nil
	}
	text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return fmt.Errorf("the server does not answer: %w\n%s", err, text)
}

// Address names a database of the cluster.
func (c *Cluster) Address(database string) string { return c.AddressAs("owner", database) }

// AddressAs names a database for another user.
func (c *Cluster) AddressAs(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: url.Values{"host": {c.dir}}.Encode()}
	return u.String()
}

// NewDatabase makes a database, a copy of another one where it is named, and returns
// its name.
func (c *Cluster) NewDatabase(ctx context.Context, template string) (string, error) {
	name := fmt.Sprintf("fob_%d_%d", os.Getpid(), c.made.Add(1))
	query := "CREATE DATABASE " + name
	if template != "" {
		query += " TEMPLATE " + template
	}
	return name, c.Exec(ctx, "postgres", query)
}

// Exec runs statements in a database.
func (c *Cluster) Exec(ctx context.Context, database string, statements ...string) error {
	db, err := sql.Open("pgx", c.Address(database))
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// Kill stops the server as if its machine had failed.
func (c *Cluster) Kill() {
	if c.ended == nil {
		return
	}
	c.server.Process.Signal(syscall.SIGQUIT) //nolint:errcheck // it may be dead already
	<-c.ended
	c.ended = nil
}

// Stop ends the server and removes all that it had.
func (c *Cluster) Stop() {
	c.Kill()
	os.RemoveAll(c.dir)
}
