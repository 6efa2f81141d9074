package term

import (
	"fmt"
	"os"
	"time"

	"fob/internal/fault"
)

// Idle is how long a question waits for an answer. A terminal that was left alone
// should not take next morning's code for the answer to today's question.
const Idle = 5 * time.Minute

// Countdown is a line above a question that says how long something takes still.
type Countdown struct {
	ends  time.Time
	now   func() time.Time
	words func(left time.Duration) string
}

// UntilNext counts down to when a TOTP token shows its next code at the latest.
func UntilNext(at time.Time, now func() time.Time) *Countdown {
	return &Countdown{ends: at, now: now, words: func(left time.Duration) string {
		if left <= 0 {
			return "The next code is there now."
		}
		return fmt.Sprintf("The next code is there in %.0f s at most.", left.Seconds())
	}}
}

func (c *Countdown) String() string { return c.words(c.ends.Sub(c.now()).Round(time.Second)) }

// redraws reports whether a terminal can have a line above the cursor rewritten.
func redraws() bool {
	kind := os.Getenv("TERM")
	return kind != "" && kind != "dumb"
}

// draw rewrites the line above the one that the person is typing on, and leaves
// the cursor, and what is typed, where they are. One write, so that no echo comes
// between.
func (t *Terminal) draw(text string) {
	fmt.Fprintf(t.Tty, "\x1b7\x1b[A\r%s\x1b[K\x1b8", Clean(text))
}

// ticks is once a second while there is something to count, else never.
func (t *Terminal) ticks(c *Countdown) (<-chan time.Time, func()) {
	if c == nil || !t.Redraws {
		return nil, func() {}
	}
	ticker := time.NewTicker(time.Second)
	return ticker.C, ticker.Stop
}

// tooLong ends a conversation that nobody takes part in any more.
func tooLong() error {
	return fault.Errorf(fault.Interrupted, "nobody answered for %.0f minutes; nothing was changed", Idle.Minutes())
}
