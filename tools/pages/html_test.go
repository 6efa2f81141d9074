package pages

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// documents are the pages that were served, each once.
type documents struct {
	mu     sync.Mutex
	seen   map[[32]byte]bool
	all    [][]byte
	faults []string
}

func newDocuments() *documents { return &documents{seen: map[[32]byte]bool{}} }

// keep keeps a page, and checks what comes with each answer.
func (d *documents) keep(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	what := r.Request.Method + " " + r.Request.URL.Path
	d.mu.Lock()
	defer d.mu.Unlock()
	if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		d.faults = append(d.faults, what+": the content security policy is "+policy)
	}
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
			d.faults = append(d.faults, what+": the cookie is "+c.Name)
		}
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || r.StatusCode >= 300 && r.StatusCode < 400 {
		return nil
	}
	if len(body) > 50<<10 {
		d.faults = append(d.faults, fmt.Sprintf("%s: %d bytes", what, len(body)))
	}
	if sum := sha256.Sum256(body); !d.seen[sum] {
		d.seen[sum] = true
		d.all = append(d.all, body)
		for _, fault := range htmlFaults(body) {
			d.faults = append(d.faults, what+": "+fault)
		}
	}
	return nil
}

// check tells what was wrong with any of them, and has the Nu checker look at all.
func (d *documents) check(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.faults)
	for _, fault := range slices.Compact(d.faults) {
		t.Error(fault)
	}
	dir := filepath.Join(built, "html")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, body := range d.all {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.html", i)), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	static := filepath.Join(root, "internal", "web", "static")
	for _, args := range [][]string{{dir}, {"--css", filepath.Join(static, "style.css")}, {"--svg", filepath.Join(static, "icon.svg")}} {
		jar := filepath.Join(built, "node_modules", "vnu-jar", "build", "dist", "vnu.jar")
		args = append([]string{"-jar", jar, "--Werror"}, args...)
		if out, err := exec.CommandContext(t.Context(), "java", args...).CombinedOutput(); err != nil {
			t.Errorf("the Nu checker: %v\n%s", err, out)
		}
	}
	t.Logf("%d documents", len(d.all))
}

// htmlFaults are what is wrong with a document.
func htmlFaults(body []byte) (faults []string) {
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return []string{err.Error()}
	}
	if !bytes.HasPrefix(body, []byte("<!doctype html>")) {
		faults = append(faults, "it is no HTML of today")
	}
	ids, count, labelled, refs := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]string{}
	var fields []map[string]string
	title, lang := "", ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		a := map[string]string{}
		for _, one := range n.Attr {
			if _, twice := a[one.Key]; twice {
				faults = append(faults, "an attribute twice: "+one.Key)
			}
			a[one.Key] = one.Val
		}
		if id, ok := a["id"]; ok {
			ids[id]++
		}
		for _, ref := range []string{"for", "list", "aria-describedby", "aria-labelledby"} {
			if id, ok := a[ref]; ok {
				refs[id] = ref
			}
		}
		if _, inline := a["style"]; inline {
			faults = append(faults, "a style that the policy forbids")
		}
		switch n.Data {
		case "html":
			lang = a["lang"]
		case "title":
			if n.FirstChild != nil {
				title = strings.TrimSpace(n.FirstChild.Data)
			}
		case "label":
			labelled[a["for"]] = true
		case "input", "select", "textarea":
			if a["type"] != "hidden" {
				fields = append(fields, a)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			faults = append(faults, fmt.Sprintf("%d times id %s", n, id))
		}
	}
	for id, ref := range refs {
		if ids[id] == 0 {
			faults = append(faults, fmt.Sprintf("%s names %s, which is not there", ref, id))
		}
	}
	for _, a := range fields {
		if !labelled[a["id"]] {
			faults = append(faults, "no label for "+a["name"])
		}
	}
	if count["h1"] != 1 || count["main"] != 1 || lang == "" || title == "" || title == "– fob" {
		faults = append(faults, fmt.Sprintf("%d h1, %d main, language %q, title %q", count["h1"], count["main"], lang, title))
	}
	return faults
}

// A check that finds nothing has to be able to find something.
func TestChecks(t *testing.T) {
	bad := `<!doctype html><html><title> </title><body style="x"><h1>A</h1><h1>B</h1><p id="a"><p id="a"><label for="b">B</label><input name="c"></body></html>`
	if got := htmlFaults([]byte(bad)); len(got) != 5 {
		t.Errorf("%d: %q", len(got), got)
	}
	good := `<!doctype html><html lang="en"><title>A</title><main><h1>A</h1><label for="b">B</label><input id="b"></main></html>`
	if got := htmlFaults([]byte(good)); got != nil {
		t.Errorf("%q", got)
	}
	log := "level=INFO pattern=\"GET /find\" ms=12\npath=/tokens?q=2600412300001\nwho=hanna@example.com\ncode:\"123456\"\n"
	if got := leaks(log, []string{"2600412300001", "Hanna", "123456", "12345"}); len(got) != 3 {
		t.Errorf("%q", got)
	}
}
