package web_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/intake"
	"fob/internal/report/export"
	"fob/internal/report/sheet"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/internal/web"
)

// ready looks at a page until it is whole: it is made in the background.
func (b *browser) ready(path string) *browser {
	b.t.Helper()
	for range 200 {
		if b.get(path); b.Header.Get("Refresh") == "" {
			return b
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal(path, b.Body)
	return b
}

var overviewKey = regexp.MustCompile(`>(?:overview|chart|age|drift|inventory|trail|tasks|wait|pager|fact|state)\.[a-z_.0-9-]+<`)

func (b *browser) whole() *browser {
	b.t.Helper()
	if b.Status != http.StatusOK || overviewKey.MatchString(b.Body) || len(b.Body) > 50_000 {
		b.t.Errorf("%s: %d, %d bytes, %s", b.At, b.Status, len(b.Body), overviewKey.FindString(b.Body))
	}
	return b
}

// load imports n more tokens of another maker, with serials from a number on.
func (p *pages) load(from, n int) {
	p.t.Helper()
	u, err := p.pocket.Config.Open(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer u.Close()
	var file strings.Builder
	for i := range n {
		seed := sha256.Sum256(fmt.Append(nil, from+i))
		fmt.Fprintf(&file, "%d,%x\n", from+i, seed[:20])
	}
	src, err := seedfile.Spool(strings.NewReader(file.String()), "more.csv", p.t.TempDir(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	defer src.Close()
	req := intake.Import{Source: src, Fill: intake.Fill{Given: seedfile.SetOf(seedfile.FieldType, seedfile.FieldDigits, seedfile.FieldPeriod, seedfile.FieldHash),
		Params: token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 60}, Manufacturer: "Umbra <&>", Model: "U"}, Supply: token.Supply{Order: "PO-2"}}
	if req.Format, _, err = app.FindFormat(src, "hex-csv", req.Options); err != nil {
		p.t.Fatal(err)
	}
	if _, err := u.Intake.Import(p.t.Context(), req); err != nil {
		p.t.Fatal(err)
	}
}

// The stock in numbers: each number with where it leads to.
func TestOverview(t *testing.T) {
	p := serve(t, nil)
	p.load(27000000, 60)
	b := p.as(anders)
	if b.get("/").At == "" || b.At != "/find" {
		t.Error(b.At)
	}
	b.ready("/overview").whole()
	b.Body = html.UnescapeString(b.Body)
	b.has("72 tokens", "as of 2026-11-30 12:00:00 UTC", `<a href="/inventory?state=in_stock">in stock</a></th><td>69 `, `<a href="/inventory?location=Head+office%2FCabinet+1">Head office/Cabinet 1</a></th><td>12 `,
		`<a href="/inventory?batch=2">2</a></th><td>60 `, `Umbra <&></a></th><td>60 `, "no place", "under a year</th><td>72 ", "30 s to 2 min fast</th><td>1 ", "never measured</th><td>71 ", `<rect width="100"`, `<rect width="20"`)
	p.load(28000000, 1)
	b.get("/overview").has("72 tokens", "as of 2026-11-30 12:00:00 UTC") // of some seconds ago
	p.wait(time.Minute)
	for range 200 {
		if b.get("/overview"); strings.Contains(b.Body, "73 tokens") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.has("73 tokens", "as of 2026-11-30 12:01:00 UTC").whole()
}

// The inventory is filtered by what may stand in an address; a serial and an account are
// kept in the session.
func TestInventory(t *testing.T) {
	p := serve(t, nil)
	p.load(27000000, 60)
	b := p.as(otto)
	b.ready("/inventory").whole().has("All tokens", "2600412300001", "27000037")
	if strings.Contains(b.Body, "27000038") || strings.Contains(b.Body, "To the beginning") {
		t.Error("more than a page")
	}
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(b.Body)
	if next == nil || strings.Contains(next[1], "27000037") {
		t.Fatal(next)
	}
	b.ready(next[1]).whole().has("27000038", "27000059", "To the beginning")
	if strings.Contains(b.Body, "27000037") || strings.Contains(b.Body, `rel="next"`) {
		t.Error("the pages overlap")
	}
	b.ready("/overview").get("/inventory").has("72 in all", "as of 2026-11-30 12:00:00 UTC")
	b.get("/inventory?batch=PO-1&location=Nowhere").has("“PO-1” is no batch", "named by its number", `value="PO-1"`, `value="Nowhere"`).lacks("All tokens")
	b.ready("/inventory?state=bound").whole().has(theirs, "milan.novak", `<option value="bound" selected>`)
	if strings.Contains(b.Body, plain) {
		t.Error("one in stock")
	}
	b.ready("/inventory?manufacturer=umbra+%3C%26%3E&batch=2").whole().has("27000001")
	b.ready("/inventory?locked=1").whole().has("No token is like that")
	b.ready("/inventory?location=Nowhere").whole().has("No token is like that")
	for _, path := range []string{"/inventory?state=gone", "/inventory?after=-1", "/inventory?after=999"} {
		if b.get(path); b.Status != http.StatusNotFound {
			t.Error(path, b.Status)
		}
	}
	b.post("/inventory?state=assigned", "account", "hanna.roth")
	if b.At != "/inventory" || strings.Contains(b.URL, "hanna") {
		t.Error(b.At)
	}
	b.ready("/inventory?narrowed=1&state=assigned").whole().has(lent, `value="hanna.roth"`, `name="narrowed" value="1"`, "1 in all", "/inventory/workbook?narrowed=1&amp;state=assigned")
	b.ready("/inventory?narrowed=1&state=bound").lacks(theirs)
	b.post("/inventory?state=assigned", "prefix", "2 7").ready("/inventory?narrowed=1").whole().has("27000001").lacks(plain)
	b.ready("/inventory").has("All tokens", plain, `value=""`).lacks("narrowed", `value="27"`) // "Show all" shows all
	b.ready("/inventory?state=bound").has(theirs, "1 in all").lacks("narrowed")                // so do links of the overview
	b.ready("/inventory?narrowed=1").post("/inventory?narrowed=1").lacks("narrowed").ready("/inventory?narrowed=1").has(plain)
}

// The workbook is that of the command line, of the tokens that the page shows.
func TestWorkbookOfInventory(t *testing.T) {
	p := serve(t, nil)
	b := p.as(anders)
	events := p.told(plain).ID // the store is open
	if b.get("/inventory/workbook?state=assigned"); b.Status != http.StatusOK || b.Header.Get("Content-Disposition") != `attachment; filename="tokens-2026-11-30.xlsx"` {
		t.Fatal(b.Status, b.Header, events)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, []byte(b.Body), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found, err := export.ReadBack(f, int64(len(b.Body)), path, sheet.ReadOptions{Random: rand.Reader})
	if err != nil || found.Rows != 2 {
		t.Error(found, err)
	}
	if b := p.as(sonja).get("/inventory/workbook"); b.Status != http.StatusForbidden {
		t.Error(b.Status)
	}
}

// The trail, newest first, and whether it is whole.
func TestTrail(t *testing.T) {
	var p *pages
	calls, end := 0, make(chan error)
	p = serve(t, func(o *web.Options) {
		o.Verify = func(ctx context.Context) (trail.Report, error) {
			calls++
			if err := <-end; err != nil {
				return trail.Report{}, err
			}
			return p.pocket.Config.VerifyTrail(ctx, nil)
		}
	})
	b := p.as(anders)
	b.get("/trail").whole().has("was not verified since", "Bound", theirs, "milan.novak", "Proof: badge", "<td>1</td>")
	if strings.Index(b.Body, "Bound") > strings.Index(b.Body, "Assigned") {
		t.Error("the newest is not first")
	}
	b.get("/trail?before=3").whole().has("<td>2</td>", "To the newest")
	if strings.Contains(b.Body, "<td>3</td>") {
		t.Error(b.Body)
	}
	for range 2 {
		b.post("/trail/verify")
		if b.Header.Get("Refresh") == "" {
			t.Error("the page does not come back")
		}
		b.whole().has("being verified since 2026-11-30 12:00:00 UTC")
	}
	end <- errors.New("the disk is gone")
	b.ready("/trail").has("could not be verified")
	b.post("/trail/verify")
	end <- nil
	if b.ready("/trail").whole().has("It is whole: 5 events", "Its head was"); calls != 2 || strings.Contains(b.Body, "came after") {
		t.Error(calls, b.Body)
	}
	p.as(otto).post("/tokens/1/assign", "account", "eva")
	b.get("/trail").whole().has("1 events came after")
}

// What is open at verifiers: nothing here, as nothing was provisioned.
func TestTasks(t *testing.T) {
	p := serve(t, nil)
	p.as(otto).ready("/tasks").whole().has("Nothing is open")
}

// A store without tokens says how they come in.
func TestEmptyStore(t *testing.T) {
	p := serve(t, func(o *web.Options) {
		c := app.Config{Now: o.Now, Random: rand.Reader, Host: "test", DB: filepath.Join(t.TempDir(), "fob.db"), Identity: filepath.Join(t.TempDir(), "identity.txt"),
			Operator: token.Operator{Kind: token.OperatorService, Name: "demo"}}
		if _, err := c.Init(t.Context(), app.Founding{}); err != nil {
			t.Fatal(err)
		}
		u, err := c.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = u.Close() })
		o.Cases, o.Sessions = u, u.Sessions
	})
	b := p.as(otto)
	b.ready("/overview").whole().has("No token is here yet", "fob import FILE").lacks("<table")
	b.ready("/inventory").whole().has("No token is here yet")
	b.ready("/inventory?state=lost").whole().has("No token is like that")
}
