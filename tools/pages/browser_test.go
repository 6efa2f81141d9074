package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to show what is waited for. A machine that does
// much else is slow.
const patience = 90 * time.Second

// startBrowser starts Chromium for as long as the test runs.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, // as root there is none
		chromedp.DisableGPU, chromedp.IgnoreCertErrors, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.UserDataDir(t.TempDir()))
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, closed := chromedp.NewContext(allocated)
	t.Cleanup(closed)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// person is somebody before a browser of their own.
type person struct {
	*world
	t     *testing.T
	ctx   context.Context
	login string
	axe   string
}

// person opens a browser that shares nothing with the others'.
func (w *world) person(t *testing.T, browser context.Context, login string) *person {
	t.Helper()
	ctx, closed := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closed)
	axe, err := os.ReadFile(filepath.Join(built, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: make pages installs it", err)
	}
	if err := chromedp.Do(ctx); err != nil { // what begins within a time-out ends with it
		t.Fatal(err)
	}
	p := &person{world: w, t: t, ctx: ctx, login: login, axe: string(axe)}
	p.do(wide())
	return p
}

func wide() chromedp.Action[chromedp.Void] { return chromedp.EmulateViewport(1100, 800) }

// do carries out what a person does; what cannot be done ends the story, with a
// picture of the page that it ended at.
func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.stuck(err)
	}
}

// ask is do for what has an answer.
func ask[T any](p *person, question chromedp.Action[T]) T {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	answer, err := chromedp.Run(ctx, question)
	if err != nil {
		p.stuck(err)
	}
	return answer
}

// leave does what leads to another page, and waits for it.
func (p *person) leave(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	if _, err := chromedp.RunResponse(ctx, actions...); err != nil {
		p.stuck(err)
	}
}

func (p *person) stuck(err error) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	at, _ := chromedp.Run(ctx, chromedp.Location()) // all of it as far as it goes
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	shot, _ := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	file := filepath.Join(built, "stuck-"+strings.ReplaceAll(p.t.Name(), "/", "-")+".png")
	_ = os.WriteFile(file, shot, 0o600)
	p.t.Fatalf("%v\nat %s (%s)\n%s", err, at, file, text)
}

func (p *person) open(path string) { p.t.Helper(); p.do(chromedp.Navigate(p.url + path)) }

// press presses what bears a text: a button, or a link that looks like one.
func (p *person) press(text string) {
	p.t.Helper()
	p.leave(chromedp.Click(chromedp.Search(`//main//*[self::button or self::a][normalize-space()="` + text + `"]`)))
}

// fill types into fields, by their names.
func (p *person) fill(pairs ...string) {
	p.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		field := chromedp.CSS(`main [name="` + pairs[i] + `"]`)
		p.do(chromedp.Clear(field), chromedp.SendKeys(field, pairs[i+1]))
	}
}

// choose ticks a box or a choice by what it says.
func (p *person) choose(label string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.Search(`//main//label[contains(normalize-space(), "` + label + `")]`)))
}

// reads waits until the page says something. A page that is about to be replaced by
// another answers no question, so that it is asked again.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	for _, text := range texts {
		quoted, _ := json.Marshal(text) // a text is no trouble
		there := chromedp.Evaluate[bool](`document.readyState == "complete" && document.body.innerText.includes(` + string(quoted) + `)`)
		for {
			if yes, err := chromedp.Run(ctx, there); err == nil && yes {
				break
			}
			if ctx.Err() != nil {
				p.stuck(fmt.Errorf("it does not say %q", text))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// opens opens a page again until it says something that was not ready before.
func (p *person) opens(path, text string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		p.open(path)
		if body := ask(p, chromedp.Evaluate[string]("document.body.innerText")); strings.Contains(body, text) {
			return
		}
		if time.Now().After(end) {
			p.stuck(fmt.Errorf("it does not say %q", text))
		}
	}
}

// signIn goes through the provider, from the page where the pages ask for it.
func (p *person) signIn() {
	p.t.Helper()
	p.leave(chromedp.Click(chromedp.CSS("main a.button")))
	p.leave(
		chromedp.SendKeys(chromedp.ID("username"), accountOf(p.login)),
		chromedp.SendKeys(chromedp.ID("password"), password),
		chromedp.Click(chromedp.CSS("button")))
}

// looks are how a page is seen.
var looks = []struct {
	name    string
	actions []chromedp.Action[chromedp.Void]
}{
	{"light", []chromedp.Action[chromedp.Void]{scheme("light"), wide()}},
	{"dark", []chromedp.Action[chromedp.Void]{scheme("dark"), wide()}},
	{"phone", []chromedp.Action[chromedp.Void]{scheme("light"), chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile)}},
}

func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	})
}

// noScript has a browser run no script.
func noScript() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// rules are those of WCAG 2.2, levels A and AA.
const rules = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]})
	.then(r => r.passes.length < 5 ? ["only " + r.passes.length + " rules found anything to look at"] :
		r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html).join(" ")))`

// look looks at the page in each way, under a name of its own.
func (p *person) look(name string) {
	p.t.Helper()
	ask(p, chromedp.Evaluate[chromedp.Void](p.axe+";0"))
	for _, l := range looks {
		p.do(l.actions...)
		faults := ask(p, chromedp.Evaluate[[]string](rules, chromedp.EvalAwaitPromise))
		sticksOut := ask(p, chromedp.Evaluate[string](`document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth + " of " + innerWidth : ""`))
		for _, fault := range faults {
			p.t.Errorf("%s in %s: %s", name, l.name, fault)
		}
		if sticksOut != "" {
			p.t.Errorf("%s in %s sticks out: %s pixels", name, l.name, sticksOut)
		}
		p.shot(name + "-" + l.name)
	}
	p.do(looks[0].actions...)
}

// shot takes a picture of the page.
func (p *person) shot(name string) {
	p.t.Helper()
	dir := filepath.Join(built, "shots")
	shot := ask(p, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
