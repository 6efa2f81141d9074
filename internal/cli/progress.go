package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"fob/internal/intake"
	"fob/internal/seedfile"
)

// progress shows a bar on standard error when that is a terminal and the work
// lasts over a second: rate, and how long it will still take.
type progress struct {
	r     *root
	name  string
	begun time.Time
	drawn time.Time
	bar   *progressbar.ProgressBar
}

// The bar's parts, of a hundred. Measured on a million tokens: reading a file
// takes a fifth of an import, storing the tokens nearly all the rest.
const (
	shareRead  = 20
	shareStore = 65
	shareIndex = 15
)

func (r *root) newProgress(name string) *progress {
	return &progress{r: r, name: name, begun: r.now()}
}

// follow draws the bar for an import.
func (p *progress) follow(req *intake.Import) {
	size := seedfile.SizeOf(req.Source)
	most := 0.0
	req.OnRead = func(bytes int64) {
		if size > 0 { // a file whose encoding is to be found out is read twice
			most = max(most, shareRead*float64(bytes)/float64(size))
			p.set(most, "reading")
		}
	}
	req.OnProgress = func(done, total int) {
		p.set(shareRead+part(shareStore, done, total), fmt.Sprintf("%d of %d tokens, %.0f a second", done, total, p.rate(done)))
	}
	req.OnIndex = func(done, total int) {
		p.set(shareRead+shareStore+part(shareIndex, done, total), fmt.Sprintf("%d tokens, finishing", total))
	}
}

// counted draws the bar for work of one kind.
func (p *progress) counted(done, total int) {
	p.set(part(100, done, total), fmt.Sprintf("%d of %d", done, total))
}

// followBatch draws the bar for something that is done to a whole batch, until
// done is called.
func (r *root) followBatch(number int, to *func(done, total int)) (done func()) {
	bar := r.newProgress(fmt.Sprintf("batch %d", number))
	*to = bar.counted
	return bar.done
}

func part(share float64, done, total int) float64 {
	return share * float64(done) / float64(max(total, 1))
}

// rate counts from the beginning: reading is part of the work.
func (p *progress) rate(done int) float64 { return float64(done) / p.r.now().Sub(p.begun).Seconds() }

// redraw is how often the bar is drawn, in its second.
const redraw = 100 * time.Millisecond

// set draws how much of a hundred is done.
func (p *progress) set(percent float64, doing string) {
	now := p.r.now()
	if !p.r.streams.ErrTTY || p.r.quiet || p.r.json || now.Sub(p.begun) < time.Second || now.Sub(p.drawn) < redraw {
		return
	}
	p.drawn = now
	if p.bar == nil {
		p.bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(p.r.streams.Err),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish())
	}
	left := ""
	if percent > 1 { // less says nothing yet
		took := now.Sub(p.begun).Seconds()
		left = fmt.Sprintf(", %.0f s left", took*(100-percent)/percent)
	}
	p.bar.Describe(clean(p.name) + ", " + doing + left)
	_ = p.bar.Set(int(10 * min(percent, 100))) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
