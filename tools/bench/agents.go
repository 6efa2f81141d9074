package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"fob/internal/otp"
	"fob/internal/testkit/cluster"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// agents are people of a support desk at the pages of one server: each finds a token by
// its serial, opens the form, binds the token with the code that it shows, and thinks a
// while before the next. Tokens that are bound are unbound again, so that it can go on
// for an hour. They come one after the other, as long apart as they think.
type agents struct {
	*bench
	number  int
	lasting time.Duration
	think   time.Duration // on average, after each token
	beside  int           // tokens of an import that runs meanwhile, and ends it; 0: none
	profile string        // a file for the time of the server's processor

	base  string
	began atomic.Int64
	mu    sync.Mutex
	waits map[string][]time.Duration
}

// runAgents is `-agents`.
func (a *agents) run(ctx context.Context) (string, error) {
	db, keys := filepath.Join(a.store(), "data", "fob.db"), filepath.Join(a.store(), "keys", "identity.txt")
	if a.onServer {
		server, err := cluster.Start(true)
		if err != nil {
			return "", err
		}
		defer server.Stop()
		name, err := server.NewDatabase(ctx, "")
		if err != nil {
			return "", err
		}
		db, keys = server.Address(name), a.path(filepath.Join(name, "identity.txt"))
		a.fob = a.at(db, name)
	}
	if err := a.fresh(ctx, a.load(a.seeds), new([]usage)); err != nil {
		return "", err
	}
	if a.beside > 0 {
		if err := writePlan(a.path("beside.csv"), gen.Plan{N: a.beside, First: 500_000_000, Serials: 1}, gen.WriteOATHCSV); err != nil {
			return "", err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "-serve", db, "-keys", keys, "-profile", a.profile)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the pages are not served: %w", err)
	}
	a.base, a.waits = "http://"+strings.TrimSpace(address), map[string][]time.Duration{}
	table, err := a.measure(ctx, cmd.Process.Pid)
	in.Close()
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	return table, err
}

func (a *agents) measure(ctx context.Context, pid int) (string, error) {
	before := spent(pid)
	var memory []float64
	over, stop := context.WithTimeout(ctx, a.lasting)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	for i := range a.number {
		g.Go(func() error { return a.agent(ctx, over, i) })
	}
	g.Go(func() error {
		began, seen := time.Now(), 0
		for tick := time.NewTicker(max(a.lasting/60, time.Second)); ; {
			select {
			case <-over.Done():
				tick.Stop()
				return nil
			case <-tick.C:
				memory = append(memory, residentMB(pid))
				a.mu.Lock()
				latest := slices.Clone(a.waits["bind"][seen:])
				seen += len(latest)
				a.mu.Unlock()
				a.progress("after %s: %.0f MB, %d binds, p99 %.0f ms", time.Since(began).Round(time.Second), memory[len(memory)-1], len(latest), waited(latest, 99))
			}
		}
	})
	if a.beside > 0 {
		g.Go(func() error {
			defer stop() // what comes afterwards is another figure
			return a.importBeside(ctx, over)
		})
	}
	if err := g.Wait(); err != nil {
		return "", err
	}
	return a.table(spent(pid)-before, memory), nil
}

// importBeside loads the file.
func (a *agents) importBeside(ctx, over context.Context) error {
	if out, err := a.fob.Command(ctx, "import", "--quiet", a.path("beside.csv")).CombinedOutput(); err != nil && over.Err() == nil {
		return fmt.Errorf("fob import: %w\n%s", err, out)
	}
	return nil
}

// agent works until it is over.
func (a *agents) agent(ctx, over context.Context, i int) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	who := &http.Client{Jar: jar}
	pause := func(t time.Duration) {
		select {
		case <-over.Done():
		case <-time.After(t):
		}
	}
	pause(time.Duration(rand.Float64() * float64(a.think)))
	if over.Err() != nil {
		return nil
	}
	if _, _, err := a.post(ctx, who, "/signin/demo", "person", "0"); err != nil {
		return err
	}
	for over.Err() == nil {
		n := uint64(a.began.Add(1)-1) % uint64(a.n)
		t := a.plan.Token(n)
		var at string
		err := a.timed("find", func() (err error) {
			_, at, err = a.post(ctx, who, "/find", "q", t.Serial)
			return err
		})
		if err == nil {
			err = a.timed("form", func() error { return a.get(ctx, who, at+"/bind") })
		}
		if err != nil {
			return err
		}
		code, err := otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), otp.StepAt(t.Params, time.Now(), 0))
		if err != nil {
			return err
		}
		var body string
		err = a.timed("bind", func() (err error) {
			body, _, err = a.post(ctx, who, at+"/bind", "account", fmt.Sprintf("user%d@example.com", i), "code1", code)
			return err
		})
		if err != nil {
			return err
		}
		if !strings.Contains(body, `class="said good"`) {
			return fmt.Errorf("token %s was not bound: %s", t.Serial, body)
		}
		err = a.timed("unbind", func() error {
			_, _, err := a.post(ctx, who, at+"/unbind", "where", "in_stock", "reason", "bench")
			return err
		})
		if err != nil {
			return err
		}
		pause(time.Duration(rand.ExpFloat64() * float64(a.think)))
	}
	return nil
}

func (a *agents) timed(what string, do func() error) error {
	began := time.Now()
	err := do()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits[what] = append(a.waits[what], time.Since(began))
	return err
}

func (a *agents) get(ctx context.Context, who *http.Client, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	_, _, err = answer(who, r)
	return err
}

// post sends a form, and returns the page that it led to.
func (a *agents) post(ctx context.Context, who *http.Client, path string, fields ...string) (body, at string, err error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", a.base)
	return answer(who, r)
}

func answer(who *http.Client, r *http.Request) (body, at string, err error) {
	resp, err := who.Do(r)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s\n%s", r.Method, r.URL.Path, resp.Status, text)
	}
	return string(text), resp.Request.URL.Path, err
}

// spent is the processor's time that a process took so far, and residentMB its memory;
// 0 where the system does not tell in /proc.
func spent(pid int) time.Duration {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the ticks that Linux counts in
}

func residentMB(pid int) float64 {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if fields := strings.Fields(string(text)); len(fields) > 1 {
		pages, _ := strconv.Atoi(fields[1])
		return float64(pages) * float64(os.Getpagesize()) / 1e6
	}
	return 0
}

func (a *agents) table(cpu time.Duration, memory []float64) string {
	var s strings.Builder
	beside := ""
	if a.beside > 0 {
		beside = fmt.Sprintf(", while %s tokens load", thousands(float64(a.beside)))
	}
	fmt.Fprintf(&s, "| %d agents, %s tokens, %s%s; milliseconds | number | median | p99 | longest |\n|---|---|---|---|---|\n", a.number, thousands(float64(a.n)), a.lasting, beside)
	for _, what := range []string{"find", "form", "bind", "unbind"} {
		if all := a.waits[what]; len(all) > 0 {
			fmt.Fprintf(&s, "| %s, with the page that follows | %s | %.1f | %.1f | %.1f |\n", what, thousands(float64(len(all))), waited(all, 50), waited(all, 99), waited(all, 100))
		}
	}
	if n := len(a.waits["bind"]); n > 0 && cpu > 0 {
		fmt.Fprintf(&s, "\nThe server took %.2f ms of CPU for each token that was found, bound and unbound.", float64(cpu)/float64(n)/float64(time.Millisecond))
	}
	if len(memory) > 1 {
		fmt.Fprintf(&s, " Its memory was %.0f MB at first, %.0f MB at the end, %.0f MB at most.\n", memory[0], memory[len(memory)-1], slices.Max(memory))
	}
	return s.String()
}

// waited is, in milliseconds, the smallest wait that so many of a hundred do not exceed.
func waited(all []time.Duration, percent int) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return float64(sorted[max((len(sorted)*percent+99)/100, 1)-1]) / float64(time.Millisecond)
}
