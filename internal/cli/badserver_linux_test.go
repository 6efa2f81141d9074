package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fob/internal/cli/term"
	"fob/internal/testkit/cluster"
)

// A sitedServer is a server, and a program whose store is in its database, behind a
// wire that can be cut.
type sitedServer struct {
	*program
	*cluster.Cluster
	database string
	wire     *wire
}

func newSited(t *testing.T) *sitedServer {
	t.Helper()
	server := cluster.ForTest(t)
	name, err := server.NewDatabase(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := &sitedServer{program: newProgram(t), Cluster: server, database: name, wire: newWire(t, server.Socket())}
	s.env["FOB_DB"] = "postgres://owner@/" + name + "?host=" + url.QueryEscape(filepath.Dir(s.wire.path))
	s.must(t, "init")
	file := filepath.Join(t.TempDir(), "delivery.csv")
	write(t, file, string(seedFile(deliveryPlan)))
	s.must(t, "import", file)
	return s
}

// fails demands a failure with its own words.
func (s *sitedServer) fails(t *testing.T, exit int, words string, args ...string) ran {
	t.Helper()
	got := s.run(args...)
	if got.exit != exit || !strings.Contains(got.err, words) {
		t.Errorf("fob %q: exit %d, not %d; it does not say %q:\n%s%s", args, got.exit, exit, words, got.out, got.err)
	}
	return got
}

// Each way in which a server can refuse has its own message.
func TestServersThatRefuse(t *testing.T) {
	s, ctx := newSited(t), context.Background()
	s.fails(t, term.ExitFailed, "cannot be reached", "list", "--db", "postgres://owner@/x?host=/nowhere")
	s.fails(t, term.ExitFailed, "there is no database", "list", "--db", s.Address("nothing"))
	s.fails(t, term.ExitUsage, "holds a password", "list", "--db", "postgres://owner:geheim@db.example.net/x")

	if err := s.Demand(ctx, "guarded", "the right one"); err != nil {
		t.Fatal(err)
	}
	pass := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(pass, []byte("*:*:*:*:the wrong one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGPASSFILE", pass)
	got := s.fails(t, term.ExitFailed, "does not let this user in", "list", "--db", s.AddressAs("guarded", s.database))
	if strings.Contains(got.err, "wrong one") {
		t.Error("the password is shown")
	}
	s.fails(t, term.ExitFailed, "certificate", "list", "--db", "postgres://owner@"+untrusted(t)+"/x?sslmode=verify-full")

	if err := s.Exec(ctx, s.database, "UPDATE schema_version SET version = version + 1"); err != nil {
		t.Fatal(err)
	}
	s.fails(t, term.ExitFailed, "newer fob", "list")
	if err := s.Exec(ctx, s.database, "UPDATE schema_version SET version = version - 1"); err != nil {
		t.Fatal(err)
	}

	standby, err := s.Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Stop)
	at := []string{"--db", standby.Address(s.database)}
	if got := s.must(t, append([]string{"show", first}, at...)...); !strings.Contains(got.out, "in_stock") {
		t.Errorf("a standby answers %s", got.out)
	}
	s.fails(t, term.ExitFailed, "only reads", append([]string{"move", first, "--to", "Bern", "--new-location"}, at...)...)
	s.must(t, "doctor")
}

// untrusted is the address of a server whose certificate no authority signed.
func untrusted(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadFull(conn, make([]byte, 8))                                                                                        //nolint:errcheck // what asks for TLS
			conn.Write([]byte("S"))                                                                                                   //nolint:errcheck
			tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}).Handshake() //nolint:errcheck
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// A disk of the server that is full stores nothing of an import, and says so.
func TestServersFullDisk(t *testing.T) {
	s, ctx := newSited(t), context.Background()
	disk := smallDisk(t, short(t, "fob-disk-"))
	remount(t, disk, "size=40m")
	for _, dir := range []string{disk, filepath.Dir(disk)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	space := filepath.Join(disk, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Give(space); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop) // before the disk goes
	if err := s.Exec(ctx, "postgres", "CREATE TABLESPACE small LOCATION '"+space+"'", "CREATE DATABASE narrow TABLESPACE small"); err != nil {
		t.Fatal(err)
	}
	s.env["FOB_DB"] = s.Address("narrow")
	s.env["FOB_IDENTITY"] = filepath.Join(t.TempDir(), "identity.txt")
	s.must(t, "init")
	filler := filepath.Join(space, "filler")
	var fs syscall.Statfs_t
	if err := syscall.Statfs(disk, &fs); err != nil {
		t.Fatal(err)
	}
	write(t, filler, strings.Repeat("x", int(fs.Bavail)*int(fs.Bsize)-64<<10))
	file := filepath.Join(t.TempDir(), "many.csv")
	plan := deliveryPlan
	plan.N = 20_000
	write(t, file, string(seedFile(plan)))
	s.fails(t, term.ExitFailed, "the disk of the server is full", "import", file)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if got := s.must(t, "list"); strings.Contains(got.out, first) {
		t.Errorf("something was stored:\n%.300s", got.out)
	}
	s.must(t, "audit", "verify")
}

// A site is milliseconds away from the server: what a bind asks is bounded.
func TestBindAsksLittle(t *testing.T) {
	s := newSited(t)
	all := parseKnown(seedFile(deliveryPlan))
	bind := func(n int) []string {
		return []string{"bind", all[n].serial, "anna", "--code", all[n].shows(s.now.Unix() / int64(all[n].moving))}
	}
	people := filepath.Join(t.TempDir(), "people.csv")
	write(t, people, "account\nanna\n")
	s.must(t, "account", "import", people)
	s.must(t, bind(1)...)
	s.must(t, "policy", "set", "tokens-per-account=9", "--approved-by", "Olga")
	s.must(t, bind(2)...)
	for _, c := range []struct {
		most int // the first is the beginning of the connection
		args []string
	}{
		{7, bind(0)},
		{11, []string{"show", all[0].serial}},
		{7, []string{"lost", all[0].serial, "--yes"}}, // the last asks who has its seed
		{6, []string{"list"}},
	} {
		s.wire.said = nil
		s.must(t, c.args...)
		if n := len(s.wire.said); n > c.most {
			t.Errorf("fob %q: %d round trips, not %d:\n%.2000q", c.args, n, c.most, s.wire.said)
		}
	}
}

// A connection that breaks ends each command as a whole: it is done and says so, or
// it is not and says that.
func TestConnectionsThatBreak(t *testing.T) {
	s := newSited(t)
	k := parseKnown(seedFile(deliveryPlan))
	bind := func(n int) []string {
		return []string{"bind", k[n].serial, fmt.Sprintf("anna%d", n), "--code", k[n].shows(s.now.Unix() / int64(k[n].moving)), "--new-account"}
	}
	is := func(n int, state string) {
		t.Helper()
		if got := s.must(t, "show", k[n].serial); !strings.Contains(got.out, "state\t"+state+"\n") {
			t.Errorf("%s is not %s:\n%s", k[n].serial, state, got.out)
		}
	}

	// the commit did not reach the server
	s.wire.cut(before, []byte("commit\x00"), 1)
	s.fails(t, term.ExitFailed, "before anything was stored", bind(1)...)
	is(1, "in_stock")
	s.must(t, bind(1)...)
	// it did, and only the answer was lost
	s.wire.cut(behind, []byte("commit\x00"), 1)
	s.must(t, bind(2)...)
	is(2, "bound")
	// in the middle of the transaction
	s.wire.cut(before, []byte("UPDATE token"), 1)
	got := s.run(bind(3)...)
	if got.exit == term.ExitDone {
		is(3, "bound") // it began anew
	} else {
		is(3, "in_stock")
	}

	many := filepath.Join(t.TempDir(), "many.csv")
	plan := deliveryPlan
	plan.N, plan.First = 12_000, 50_000
	write(t, many, string(seedFile(plan)))
	for _, slice := range []int{1, 2} {
		s.wire.cut(before, []byte("commit\x00"), slice)
		s.fails(t, term.ExitFailed, "", "import", many)
		if got := s.must(t, "batch", "list"); strings.Contains(got.out, "many.csv") {
			t.Errorf("half of an import is shown:\n%s", got.out)
		}
	}
	s.must(t, "import", many)

	out := filepath.Join(t.TempDir(), "stock.csv")
	s.wire.cut(before, []byte("FETCH"), 3)
	s.fails(t, term.ExitFailed, "cannot be reached", "export", out)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) > 0 {
		t.Errorf("an export left %q", left)
	}
	s.must(t, "export", out)
	s.must(t, "audit", "verify")
}

// Seeds that were handed over and destroyed are not thrown away where nobody knows whether
// the server stored that: the files stay, and the message says so.
func TestDeliveryOfUnknownEnd(t *testing.T) {
	s := newSited(t)
	out := filepath.Join(t.TempDir(), "sent.csv")
	s.wire.last = true
	s.wire.cut(behind, []byte("commit\x00"), 1)
	s.fails(t, term.ExitFailed, "whether the store knows of it is not known", "provision", "--for", "hex-csv", parseKnown(seedFile(deliveryPlan))[1].serial,
		"--out", out, "--plaintext", "--destroy", "--yes", "--approved-by", "Eva Brandt")
	if sent, err := os.ReadFile(out); err != nil || len(sent) == 0 {
		t.Errorf("%d bytes, %v", len(sent), err)
	}
}

// wire leads to a server's socket, and is cut once when the client has said
// something for the nth time.
type wire struct {
	path string

	mu    sync.Mutex
	where int
	word  []byte
	nth   int
	last  bool     // the next cut is for good: nobody reaches the server any more
	gone  bool     // it was
	said  []string // what clients have sent since it was forgotten, each a round trip
}

const (
	before = iota // the server never hears it
	behind        // the client does not hear the answer
)

// short is a folder with a path that a socket can have.
func short(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func newWire(t *testing.T, socket string) *wire {
	t.Helper()
	w := &wire{path: filepath.Join(short(t, "fob-wire-"), filepath.Base(socket))}
	l, err := net.Listen("unix", w.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				client.Close()
				continue
			}
			go w.carry(client, server)
		}
	}()
	return w
}

func (w *wire) cut(where int, word []byte, nth int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.where, w.word, w.nth = where, word, nth
}

// heard reports whether the wire is to be cut now, and where.
func (w *wire) heard(text []byte) (is bool, where int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if text[0] != 'X' { // a farewell waits for no answer, and comes when it comes
		w.said = append(w.said, string(text))
	}
	if w.nth == 0 || !bytes.Contains(text, w.word) {
		return w.gone, w.where
	}
	w.nth--
	if w.gone = w.last && w.nth == 0; w.gone {
		os.Remove(w.path)
	}
	return w.nth == 0, w.where
}

func (w *wire) carry(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	silent := make(chan struct{})
	go func() {
		io.Copy(&deaf{client, silent}, server) //nolint:errcheck // one of both has ended
		client.Close()
	}()
	text := make([]byte, 1<<16)
	for {
		n, err := client.Read(text)
		if err != nil {
			return
		}
		is, where := w.heard(text[:n])
		if is && where == before {
			return
		}
		if is {
			close(silent)
		}
		if _, err := server.Write(text[:n]); err != nil {
			return
		}
		if is { // the server's answer has come, and nobody heard it
			io.Copy(io.Discard, io.LimitReader(server, 1)) //nolint:errcheck
			return
		}
	}
}

// deaf passes nothing on once it is silent.
type deaf struct {
	to     io.Writer
	silent chan struct{}
}

func (d *deaf) Write(p []byte) (int, error) {
	select {
	case <-d.silent:
		return 0, io.ErrClosedPipe
	default:
		return d.to.Write(p)
	}
}
