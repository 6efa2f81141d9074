package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows a bar on standard error when that is a terminal and the work
// lasts over a second.
type progress struct {
	r     *root
	name  string
	begun time.Time
	bar   *progressbar.ProgressBar
}

func (r *root) newProgress(name string) *progress {
	return &progress{r: r, name: name, begun: r.now()}
}

func (p *progress) set(done, total int) {
	if !p.r.streams.ErrTTY || p.r.quiet || p.r.json || p.r.now().Sub(p.begun) < time.Second {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.r.streams.Err), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	// The bar's own rate counts from when it was made, with what was done before.
	p.bar.Describe(fmt.Sprintf("%s, %.0f tokens/s", clean(p.name), float64(done)/p.r.now().Sub(p.begun).Seconds()))
	_ = p.bar.Set(done) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
