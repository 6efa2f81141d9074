package term

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows a bar on standard error when that is a terminal and the work
// lasts over a second: rate, and how long it will still take.
type Progress struct {
	r     *Run
	name  string
	begun time.Time
	drawn time.Time
	bar   *progressbar.ProgressBar
}

func (r *Run) NewProgress(name string) *Progress {
	return &Progress{r: r, name: name, begun: r.Now()}
}

// Counted draws the bar for work of one kind.
func (p *Progress) Counted(done, total int) {
	p.Set(Part(100, done, total), fmt.Sprintf("%d of %d", done, total))
}

// FollowBatch draws the bar for something that is done to a whole batch, until
// done is called.
func (r *Run) FollowBatch(number int, to *func(done, total int)) (done func()) {
	bar := r.NewProgress(fmt.Sprintf("batch %d", number))
	*to = bar.Counted
	return bar.Done
}

func Part(share float64, done, total int) float64 {
	return share * float64(done) / float64(max(total, 1))
}

// Rate counts from the beginning: reading is part of the work.
func (p *Progress) Rate(done int) float64 { return float64(done) / p.r.Now().Sub(p.begun).Seconds() }

// redraw is how often the bar is drawn, in its second.
const redraw = 100 * time.Millisecond

// Set draws how much of a hundred is done.
func (p *Progress) Set(percent float64, doing string) {
	now := p.r.Now()
	if !p.r.Streams.ErrTTY || p.r.Quiet || p.r.JSON || now.Sub(p.begun) < time.Second || now.Sub(p.drawn) < redraw {
		return
	}
	p.drawn = now
	if p.bar == nil {
		p.bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(p.r.Streams.Err),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish())
	}
	left := ""
	if percent > 1 { // less says nothing yet
		took := now.Sub(p.begun).Seconds()
		left = fmt.Sprintf(", %.0f s left", took*(100-percent)/percent)
	}
	p.bar.Describe(Clean(p.name) + ", " + doing + left)
	_ = p.bar.Set(int(10 * min(percent, 100))) // a bar that cannot be drawn is no reason to stop
}

func (p *Progress) Done() {
	if p.bar != nil {
		_ = p.bar.Finish()
		fmt.Fprint(p.r.Streams.Err, "\r\x1b[K") // the terminal shows a Ctrl-C behind the bar, which the bar does not know
	}
}
