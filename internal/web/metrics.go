package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/internal/report"
)

// counters are what a monitor asks: how many answers there were, and how long they
// took, by page. Nothing of it is about a person.
type counters struct {
	mu  sync.Mutex
	all map[counter]*tally
}

type counter struct {
	pattern string
	status  int
}

type tally struct {
	n      int64
	within [len(bounds)]int64
	sum    time.Duration
}

// bounds are those of the histogram.
var bounds = [...]time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second}

func (c *counters) add(pattern string, status int, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[counter]*tally{}
	}
	key := counter{cmp.Or(pattern, "none"), status}
	t := c.all[key]
	if t == nil {
		t = &tally{}
		c.all[key] = t
	}
	t.n++
	t.sum += took
	for i, b := range bounds {
		if took <= b {
			t.within[i]++
		}
	}
}

// text is in the format of Prometheus.
func (c *counters) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]counter, 0, len(c.all))
	for k := range c.all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b counter) int { return cmp.Or(strings.Compare(a.pattern, b.pattern), a.status-b.status) })
	var b strings.Builder
	b.WriteString("# HELP fob_answers_total Answers, by page and status.\n# TYPE fob_answers_total counter\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "fob_answers_total{page=%q,status=\"%d\"} %d\n", k.pattern, k.status, c.all[k].n)
	}
	b.WriteString("# HELP fob_answer_seconds How long answers took.\n# TYPE fob_answer_seconds histogram\n")
	for _, k := range keys {
		t := c.all[k]
		for i, bound := range bounds {
			fmt.Fprintf(&b, "fob_answer_seconds_bucket{page=%q,status=\"%d\",le=\"%g\"} %d\n", k.pattern, k.status, bound.Seconds(), t.within[i])
		}
		fmt.Fprintf(&b, "fob_answer_seconds_bucket{page=%[1]q,status=\"%[2]d\",le=\"+Inf\"} %[3]d\nfob_answer_seconds_sum{page=%[1]q,status=\"%[2]d\"} %[4]g\nfob_answer_seconds_count{page=%[1]q,status=\"%[2]d\"} %[3]d\n",
			k.pattern, k.status, t.n, t.sum.Seconds())
	}
	return b.String()
}

// storeReady reads the head of the trail.
func (s *Server) storeReady(ctx context.Context) error {
	return s.Cases.Pages(ctx, func(r report.PageReader) error {
		_, err := r.Head()
		return err
	})
}

func health(c *call) error {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := c.s.storeReady(c.r.Context()); err != nil {
		c.s.Log.Error("the store cannot be read", "error", err)
		c.w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(c.w, "the store cannot be read")
		return nil
	}
	fmt.Fprintln(c.w, "ok")
	return nil
}

func metrics(c *call) error {
	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	seeds := 0
	if c.s.Seeds {
		seeds = 1
	}
	fmt.Fprintf(c.w, "# HELP fob_info The version that serves.\n# TYPE fob_info gauge\nfob_info{version=%q} 1\n", c.s.Version)
	fmt.Fprintf(c.w, "# HELP fob_seeds_open Whether codes can be checked.\n# TYPE fob_seeds_open gauge\nfob_seeds_open %d\n", seeds)
	fmt.Fprint(c.w, c.s.counted.text())
	return nil
}
