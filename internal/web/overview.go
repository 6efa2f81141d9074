package web

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// countsFor is how old the counts of a small store may be.
const countsFor = 10 * time.Second

// reading makes a job of what reads one state of the store.
func reading[T any](s *Server, read func(report.PageReader) (T, error)) func(context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		var value T
		err := s.Cases.Pages(ctx, func(r report.PageReader) (err error) {
			value, err = read(r)
			return err
		})
		return value, err
	}
}

// overviewData is the stock in numbers; no charts while it is counted.
type overviewData struct {
	At     time.Time
	Tokens int
	Charts []chart
}

// chart is a table of numbers with a bar in each row.
type chart struct {
	Name, Note string
	Rows       []chartRow
}

type chartRow struct {
	Name, Path string
	Tokens     int
	Share      float64 // of the longest bar, in percent
}

func overviewPage(c *call) error {
	j, err := c.current("stock", countsFor, c.countStock())
	if err != nil {
		return err
	}
	d := overviewData{}
	if s, ok := j.value.(*report.Stock); ok {
		d.At, d.Tokens = s.At, s.Tokens
		d.Charts = c.charts(s)
	} else {
		c.comeBack()
	}
	return c.show("overview", d)
}

func (c *call) countStock() func(context.Context) (any, error) {
	s := c.s
	return reading(s, func(r report.PageReader) (*report.Stock, error) { return report.ReadStock(r, s.Now()) })
}

// ages and driftBars name the bars of report.Stock.
var (
	ages      = []string{"age.under1", "age.1", "age.2", "age.3", "age.4", "age.over5"}
	driftBars = []string{"drift.slow600", "drift.slow120", "drift.slow30", "drift.right", "drift.fast30", "drift.fast120", "drift.fast600"}
)

func (c *call) charts(s *report.Stock) []chart {
	states := chart{Name: "state"}
	for _, b := range s.States {
		states.add(c.t("state."+b.Name), inventoryPath("state", b.Name), b.Tokens)
	}
	years := chart{Name: "age", Note: c.t("chart.age.note")}
	for i, n := range s.Ages {
		years.add(c.t(ages[i]), "", n)
	}
	drifts := chart{Name: "drift", Note: c.t("chart.drift.note")}
	for i, n := range s.Drifts {
		drifts.add(c.t(driftBars[i]), "", n)
	}
	drifts.add(c.t("drift.unseen"), "", s.Unseen)
	batches := chart{Name: "batch"}
	for _, b := range s.Batches.First {
		if b.Batch == 0 {
			batches.add(c.t("chart.apps"), "", b.Tokens)
			continue
		}
		number := strconv.Itoa(b.Batch)
		batches.add(number, inventoryPath("batch", number), b.Tokens)
	}
	all := []chart{states, c.named("place", "location", "chart.nowhere", s.Places), batches, c.named("maker", "manufacturer", "chart.nobody", s.Makers), years, drifts}
	all[2].others(c, s.Batches)
	for i := range all {
		all[i].scale()
	}
	return all
}

// named is a chart of what has names, each of which a filter takes.
func (c *call) named(name, field, none string, bars report.Bars) chart {
	made := chart{Name: name}
	for _, b := range bars.First {
		if b.Name == "" {
			made.add(c.t(none), "", b.Tokens)
			continue
		}
		made.add(b.Name, inventoryPath(field, b.Name), b.Tokens)
	}
	made.others(c, bars)
	return made
}

func (m *chart) add(name, path string, n int) {
	m.Rows = append(m.Rows, chartRow{Name: name, Path: path, Tokens: n})
}

func (m *chart) others(c *call, bars report.Bars) {
	if bars.Others > 0 {
		m.add(c.t("chart.others", bars.Others), "", bars.Tokens)
	}
}

func (m *chart) scale() {
	most := 1
	for _, r := range m.Rows {
		most = max(most, r.Tokens)
	}
	for i := range m.Rows {
		m.Rows[i].Share = float64(int(1000*float64(m.Rows[i].Tokens)/float64(most))) / 10
	}
}

func inventoryPath(name, value string) string {
	return queryPath("/inventory", url.Values{name: {value}})
}

// trailData are events, the newest first, and what is known of the whole trail.
type trailData struct {
	Events []eventLine
	Older  string
	First  bool
	Head   int64

	CanVerify bool
	Verifying time.Time // since when; zero: nobody does
	Verified  time.Time
	Whole     bool
	Report    trail.Report
	Since     int64 // events that came after
	Failed    string
}

const (
	mostTrail    = 50
	mostProblems = 20
)

func trailPage(c *call) error {
	before, err := c.queryNumber("before")
	if err != nil {
		return err
	}
	d := trailData{First: before == 0, CanVerify: c.s.Verify != nil}
	err = c.read(func(r report.PageReader) error {
		head, err := r.Head()
		if err != nil {
			return err
		}
		d.Head = head.Seq
		events, err := report.LogDown(r, before, mostTrail)
		if err != nil {
			return err
		}
		batches, err := r.BatchFiles()
		for _, e := range events {
			l := c.eventLine(e)
			l.Object = c.objectOf(r, e, batches)
			d.Events = append(d.Events, l)
		}
		return err
	})
	if err != nil {
		return err
	}
	if n := len(d.Events); n > 0 && d.Events[n-1].Seq > 1 {
		d.Older = queryPath("/trail", url.Values{"before": {strconv.FormatInt(d.Events[n-1].Seq, 10)}})
	}
	c.verification(&d)
	return c.show("trail", d)
}

// objectOf is what an event was about, with its page if there is one.
func (c *call) objectOf(r report.PageReader, e report.Event, batches []report.Batch) navLink {
	switch id := e.Object.ID; e.Object.Kind {
	case trail.KindToken:
		l := navLink{Text: cmp.Or(e.Plain[trail.TextSerial], id)}
		if t, err := r.Token(token.Serial(l.Text)); err == nil { // else it is gone
			l.Path = tokenPath(t.ID)
		}
		return l
	case trail.KindRequest:
		return navLink{Text: c.t("request.title", id), Path: "/requests/" + id}
	case trail.KindBatch:
		for _, b := range batches {
			if b.ID == id {
				return navLink{Text: c.t("trail.batch", b.Number), Path: inventoryPath("batch", strconv.Itoa(b.Number))}
			}
		}
	case trail.KindStore:
		return navLink{Text: e.Plain[trail.TextSerial]} // one that no token has
	}
	return navLink{Text: e.Object.ID}
}

// verification tells how far the last verification was, or that one runs.
func (c *call) verification(d *trailData) {
	j := c.s.jobs.look("verify")
	if j.running != nil {
		d.Verifying = j.since
		c.comeBack()
	}
	if !j.have {
		return
	}
	d.Verified = j.at
	if j.err != nil {
		d.Failed = sentence(fault.MessageIn(j.err, &wording{c: c}))
		return
	}
	d.Report, _ = j.value.(trail.Report)
	d.Whole, d.Since = d.Report.OK(), d.Head-d.Report.Events
	d.Report.Problems = d.Report.Problems[:min(len(d.Report.Problems), mostProblems)]
}

// verifyTrail has the trail verified, in the background and once at a time.
func verifyTrail(c *call) error {
	c.backTo("/trail")
	if c.s.Verify == nil {
		return errNoPage
	}
	verify := c.s.Verify
	if _, err := c.s.jobs.begin(c.r.Context(), "verify", func(ctx context.Context) (any, error) { return verify(ctx) }); err != nil {
		return err
	}
	c.redirect("/trail")
	return nil
}

// queryNumber is a number in the query; 0 if it is not there.
func (c *call) queryNumber(name string) (int64, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, errNoPage
	}
	return n, nil
}

// tasksData is what has to be ended at verifiers.
type tasksData struct {
	At        time.Time
	Tasks     []trail.Task // the oldest
	Total     int
	Verifiers []chartRow
}

const mostTasks = 100

func tasksPage(c *call) error {
	j, err := c.current("tasks", countsFor, reading(c.s, readTasks))
	if err != nil {
		return err
	}
	d, ok := j.value.(tasksData)
	if d.At = j.at; !ok {
		c.comeBack()
	}
	return c.show("tasks", d)
}

func readTasks(r report.PageReader) (d tasksData, err error) {
	all, err := r.Tasks("")
	d.Total, d.Tasks = len(all), all[:min(len(all), mostTasks)]
	at := map[string]int{}
	var counts chart
	for _, t := range all {
		i, ok := at[t.Verifier]
		if !ok {
			i = len(counts.Rows)
			at[t.Verifier] = i
			counts.add(t.Verifier, "", 0)
		}
		counts.Rows[i].Tokens++
	}
	counts.scale()
	d.Verifiers = counts.Rows
	return d, err
}

// stateOf is a state by its name; empty: all.
func stateOf(name string) (token.State, bool) {
	if name == "" {
		return "", true
	}
	for _, s := range token.States() {
		if string(s) == name {
			return s, true
		}
	}
	return "", false
}
