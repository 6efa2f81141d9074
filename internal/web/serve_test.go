package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fob/internal/testkit/cluster"
	"fob/internal/web"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// pair writes a certificate of its own with a name.
func pair(t *testing.T, name, cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// run serves until the test ends; what it returns stops it and waits.
func run(t *testing.T, c web.Config, handler http.Handler, reload <-chan os.Signal) (address string, stop func() error) {
	t.Helper()
	s, err := web.Listen(t.Context(), c, handler, silent())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, reload) }()
	return s.Address(), func() error { cancel(); return <-ended }
}

// A new certificate is used from the next connection on; one that is no good is not.
func TestCertificateIsReadAnew(t *testing.T) {
	dir := t.TempDir()
	c := web.UsualConfig()
	c.Listen, c.TLSCert, c.TLSKey = "127.0.0.1:0", filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	pair(t, "first", c.TLSCert, c.TLSKey)
	reload := make(chan os.Signal) // taken once the one before was dealt with
	address, stop := run(t, c, hello, reload)
	name := func() string {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // its name is looked at
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Error(got)
	}
	pair(t, "second", c.TLSCert, c.TLSKey)
	reload <- syscall.SIGHUP
	reload <- syscall.SIGHUP
	if got := name(); got != "second" {
		t.Error(got)
	}
	if err := os.WriteFile(c.TLSCert, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	reload <- syscall.SIGHUP
	reload <- syscall.SIGHUP
	if got := name(); got != "second" {
		t.Error(got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// What was begun comes to its end when the pages stop.
func TestGracefulStop(t *testing.T) {
	began, goOn := make(chan bool), make(chan bool)
	c := web.UsualConfig()
	c.Listen = filepath.Join(t.TempDir(), "pages.sock")
	address, stop := run(t, c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began <- true
		<-goOn
		hello(w, r)
	}), nil)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", address)
	}}}
	answered := make(chan string)
	go func() {
		answer, err := client.Get("http://pages/")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		answered <- string(text)
	}()
	<-began
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	goOn <- true
	if got := <-answered; got != "hello" {
		t.Error(got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A socket that a killed run left is taken over; one that is in use, or another file,
// is not.
func TestSocket(t *testing.T) {
	dir := t.TempDir()
	c := web.UsualConfig()
	c.Listen = filepath.Join(dir, "pages.sock")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.Listen, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	_, stop := run(t, c, hello, nil)
	if _, err := web.Listen(t.Context(), c, hello, silent()); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	c.Listen = filepath.Join(dir, "file")
	if err := os.WriteFile(c.Listen, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := web.Listen(t.Context(), c, hello, silent()); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Error(err)
	}
}

const settings = "issuer = https://login.example\nclient-id = fob\nurl = https://fob.example/\nrole.support = desk, second line\n"

func TestConfig(t *testing.T) {
	c, err := web.ParseConfig(strings.NewReader(settings+"\n# a comment\nholders = assigned\nrole.holder=all\nfresh-sign-in = 5m\napps = on\n"), "f")
	if err != nil || c.URL != "https://fob.example" || c.Fresh != 5*time.Minute || c.Holders != web.HoldersAssigned || !c.Apps ||
		len(c.Roles[web.Support]) != 2 || c.Roles[web.Support][1] != "second line" {
		t.Fatal(c, err)
	}
	for more, want := range map[string]string{
		"listen":                 "line 5: it is not NAME = VALUE",
		"listen =":               "line 5: listen is empty",
		"fresh-sign-in = 1s":     "line 5: fresh-sign-in",
		"holders = all":          "line 5: holders: \"all\" is none of",
		"holders = stock":        "line 5: role.holder is missing",
		"role.holder = all":      "line 5: holders is off",
		"tries-per-token = none": "line 5: tries-per-token",
		"scopes = profile":       "line 5: scopes: openid",
		"tls-key = x":            "tls-cert and tls-key go together",
		"session-idle = 20h":     "line 5: session-idle is longer",
		"role.ops = a,,b":        "line 5: role.ops: a value",
		"url = https://b":        "line 5: url is set already, in line 3",
	} {
		if _, err := web.ParseConfig(strings.NewReader(settings+more+"\n"), "f"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", more, err)
		}
	}
}

// Another name for this computer opens no demo.
func TestDemoIsLocal(t *testing.T) {
	p := serve(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"/signin", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "demo.evil.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMisdirectedRequest {
		t.Error(answer.Status)
	}
	for _, listen := range []string{"0.0.0.0:1", "[::]:1", ":1", "fob.example:1", "/run/fob.sock"} {
		if web.CheckDemo(listen) == nil {
			t.Error(listen)
		}
	}
}

// The same pages on PostgreSQL.
func TestOnPostgres(t *testing.T) {
	server := cluster.ForTest(t)
	name, err := server.NewDatabase(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	p := serveAt(t, server.Address(name), nil)
	b := p.as(sonja)
	if b.post("/find", "q", plain); b.At != "/tokens/1" {
		t.Fatal(b.At, b.said())
	}
	if b.post("/tokens/1/bind", "account", "eva", "code1", p.shows(plain)); !strings.Contains(b.said(), "bound to eva") {
		t.Error(b.said())
	}
	b.has("Sonja Berg")
	if b.post("/find", "q", "milan.novak"); b.At != "/find" {
		t.Error(b.At, b.said())
	}
	b.post("/find", "q", "Novack").has(theirs)
	// What is no text for the server, or has other letters, is refused or looked for in vain.
	for _, odd := range []string{"a\x00bcd", "ab\xffcd", "日本語 юлiя", "\x00", "\x1d2600"} {
		for path, fields := range map[string][]string{
			"/find":             {"q", odd},
			"/tokens/2/bind":    {"account", odd, "code1", "123456", "reason", odd},
			"/tokens/2/assign":  {"account", "eva", "reason", odd},
			"/tokens/2/move":    {"location", odd},
			"/tokens/1/replace": {"other", odd, "gone", "lost", "code1", "123456"},
			"/bulk":             {"rows", "serial,account,code1\n" + odd + "," + odd + ",123456\n"},
		} {
			if b.post(path, fields...); b.Status >= http.StatusInternalServerError || strings.Contains(b.said(), "went wrong") {
				t.Errorf("%s, %q: %d %s", path, odd, b.Status, b.said())
			}
		}
	}
	b = p.as(otto)
	for _, odd := range []string{"a%ffb", "a%00b", "%e6%97%a5"} {
		b.get("/inventory?manufacturer=" + odd)
		b.get("/inventory?location=" + odd)
		b.get("/inventory?batch=" + odd)
	}
	for _, odd := range []string{"a\xffb", "a\x00b", "日"} {
		b.post("/inventory", "prefix", odd)
		b.post("/inventory", "account", odd)
	}
	for line := range strings.Lines(p.log.text()) {
		if strings.Contains(line, "level=ERROR") {
			t.Error(line)
		}
	}
}

// What is too large is refused, and is not taken for an empty form.
func TestTooLarge(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	if b.post("/find", "q", strings.Repeat("x", 20_000)); !strings.Contains(b.said(), "larger than") {
		t.Error(b.Status, b.said())
	}
	if b.post("/bulk", "rows", "serial,account,code1\n"+strings.Repeat("x", 20_000)); strings.Contains(b.said(), "larger than") {
		t.Error(b.said())
	}
}

// One address may ask only so often.
func TestTooManyRequests(t *testing.T) {
	p := serve(t, func(o *web.Options) { o.Config.RequestsPerSecond = 1 })
	b := p.browser()
	for range 5 {
		if b.get("/healthz"); b.Status != http.StatusOK {
			t.Fatal(b.Status)
		}
	}
	if b.get("/healthz"); b.Status != http.StatusTooManyRequests || b.Header.Get("Content-Security-Policy") == "" {
		t.Error(b.Status)
	}
	p.wait(5 * time.Second)
	if b.get("/healthz"); b.Status != http.StatusOK {
		t.Error(b.Status)
	}
}
