package pages

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base32"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// root is the folder of the whole tree, and built what this leaves there.
var (
	root  = must(filepath.Abs(filepath.Join("..", "..")))
	built = filepath.Join(root, "build", "pages")
)

func must(path string, err error) string {
	if err != nil {
		panic(err)
	}
	return path
}

// world is a store with a delivery, its pages behind a proxy, and the provider.
type world struct {
	*provider
	url     string // where browsers reach the pages
	fob     string
	env     []string
	tokens  []device
	log     *logged
	stop    func(*testing.T) // ends the pages
	start   func(*testing.T) // serves them again
	served  *documents
	asked   *logged // each address that a browser asked for
	mu      sync.Mutex
	secrets []string // what must stand in no log: codes that were typed, and more
}

// device is a token in somebody's hand.
type device struct {
	serial string
	seed   []byte
	slow   time.Duration // how far its clock is behind
	w      *world
}

// shows is what it displays in some steps from now, which is typed then.
func (d device) shows(t *testing.T, steps int) string {
	t.Helper()
	code := d.at(t, steps)
	d.w.hide(code)
	return code
}

func (d device) at(t *testing.T, steps int) string {
	t.Helper()
	at := time.Now().Add(-d.slow).Add(time.Duration(steps) * 30 * time.Second)
	code, err := totp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(d.seed), at, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// never is one of the codes that it does not display within hours.
func (d device) never(t *testing.T, n int) string {
	t.Helper()
	shown := map[string]bool{}
	for step := -1500; step < 1500; step++ {
		shown[d.at(t, step)] = true
	}
	for code := range 1_000_000 {
		if text := fmt.Sprintf("%06d", code); !shown[text] {
			if n--; n < 0 {
				d.w.hide(text)
				return text
			}
		}
	}
	t.Fatal("it displays all of them")
	return ""
}

func (w *world) hide(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
}

// logged is what was written, by several.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// run is one command of fob or of the tree; its output is returned.
func (w *world) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// newWorld makes a store of what make pages built, and serves it.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{fob: filepath.Join(root, "build", "fob"), log: &logged{}, asked: &logged{}, served: newDocuments()}
	delivery := filepath.Join(built, "delivery.csv")
	w.env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
	w.read(t, delivery)
	for _, line := range []string{
		"init",
		"import " + delivery + " --order PO-4711 --supplier Example --manufacturer Example --model C200 --location Berlin/Desk --new-location",
		"policy set lock-after=2 lock-for-good=2 require.bind=proof second-person=unlock --approved-by Eva",
		"assign " + w.tokens[9].serial + " " + accountOf("milan"),
	} {
		w.run(t, w.fob, strings.Fields(line)...)
	}
	socket := filepath.Join(dir, "pages.sock")
	w.proxy(t, socket)
	w.provider = serveProvider(t, w.url+"/signin/callback")
	w.serve(t, dir, socket)
	t.Cleanup(func() { w.stop(t) })
	return w
}

// read takes the tokens of a delivery into people's hands. The clocks of some are off.
func (w *world) read(t *testing.T, delivery string) {
	t.Helper()
	file, err := os.Open(delivery)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		seed, err := hex.DecodeString(row[1])
		if err != nil {
			t.Fatal(err)
		}
		w.tokens = append(w.tokens, device{serial: row[0], seed: seed, w: w})
		w.hide(row[0], row[1], base32.StdEncoding.EncodeToString(seed))
	}
	w.tokens[0].slow, w.tokens[4].slow = 25*time.Minute, 25*time.Minute
	for login, who := range staff {
		w.hide(login, accountOf(login), who.first, who.last)
	}
}

// proxy stands before the pages, as in life: it has the certificate. What it sees of
// the pages is kept.
func (w *world) proxy(t *testing.T, socket string) {
	t.Helper()
	behind := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	server := httptest.NewTLSServer(&httputil.ReverseProxy{
		Transport: behind,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: r.In.Host})
			r.SetXForwarded()
		},
		ModifyResponse: func(r *http.Response) error {
			_, _ = io.WriteString(w.asked, r.Request.Method+" "+r.Request.URL.RequestURI()+"\n")
			return w.served.keep(r)
		},
	})
	w.url = server.URL
	t.Cleanup(server.Close)
	t.Cleanup(behind.CloseIdleConnections)
}

// serve starts the pages, and has them stopped at the end as a service is.
func (w *world) serve(t *testing.T, dir, socket string) {
	t.Helper()
	secret, conf := filepath.Join(dir, "secret"), filepath.Join(dir, "pages.conf")
	text := strings.Join([]string{
		"listen = " + socket, "url = " + w.url, "issuer = " + w.issuer, "client-id = " + clientID, "client-secret-file = " + secret,
		"role.support = helpdesk", "role.approver = helpdesk-leads", "role.ops = token-desk", "role.auditor = audit", "role.holder = employees",
		"holders = stock", "apps = on",
	}, "\n")
	for file, content := range map[string]string{secret: clientSecret, conf: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.hide(clientSecret)
	cmd := exec.Command(w.fob, "--json", "serve", "--config", conf) //nolint:noctx // it is stopped as a service is
	cmd.Env, cmd.Stderr = w.env, w.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ready struct{ Seeds bool }
	if err := json.NewDecoder(out).Decode(&ready); err != nil || !ready.Seeds {
		_ = cmd.Process.Kill()
		t.Fatalf("it does not serve: %v %v\n%s", ready, err, w.log)
	}
	w.stop = func(t *testing.T) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v\n%s", err, w.log)
		}
	}
	w.start = func(t *testing.T) { w.serve(t, dir, socket) }
}

// get asks for something that is no page.
func (w *world) get(t *testing.T, path string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // our own proxy
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(path, resp.StatusCode, err)
	}
	return string(body)
}

// checkLeaks searches what the server wrote, and the addresses that browsers asked for,
// for whatever must not be there.
func (w *world) checkLeaks(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, text := range map[string]string{"log": w.log.String(), "addresses": w.asked.String(), "metrics": w.get(t, "/metrics")} {
		if len(text) < 100 {
			t.Errorf("of the %s only this was seen: %s", name, text)
		}
		for _, line := range leaks(text, w.secrets) {
			t.Errorf("the %s have what they must not: %s", name, line)
		}
	}
}

// leaks are the lines of a text that have one of the secrets as a word.
func leaks(text string, secrets []string) (lines []string) {
	secret := map[string]bool{}
	for _, s := range secrets {
		secret[strings.ToLower(s)] = true
	}
	for line := range strings.Lines(text) {
		words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool {
			return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r == '@' || r == '.')
		})
		for _, word := range words {
			words = append(words, strings.FieldsFunc(word, func(r rune) bool { return r == '.' || r == '@' })...)
		}
		if slices.ContainsFunc(words, func(word string) bool { return secret[word] }) {
			lines = append(lines, line)
		}
	}
	return lines
}
