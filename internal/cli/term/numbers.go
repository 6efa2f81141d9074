package term

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/otp"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/token"
)

// Numbers puts the program's own limits into a text of help: {lock-for} becomes "15
// minutes", from the constant that the program obeys.
var Numbers = strings.NewReplacer(
	"{lock-after}", strconv.Itoa(token.LockAfter),
	"{lock-for}", Length(token.LockFor),
	"{lock-for-good}", strconv.Itoa(token.LockForGood),
	"{clock-tolerance}", Length(desk.ClockTolerance),
	"{read-within}", Length(desk.ReadWithin),
	"{refusals}", strconv.Itoa(desk.MaxRefusals),
	"{refused-share}", strconv.Itoa(desk.RefusedShare),
	"{refusals-per-hour}", strconv.Itoa(token.UsualRefusals),
	"{slice}", thousands(desk.SliceSize),
	"{may-leave}", strconv.Itoa(100-people.UsualStay),
	"{one-code-steps}", strconv.Itoa(otp.OneCodeSteps),
	"{one-code-reach}", Length(otp.OneCodeSeconds*time.Second),
	"{two-code-reach}", Length(otp.TwoCodeSeconds*time.Second),
	"{two-code-most}", Length(otp.TwoCodeMost*time.Second),
	"{deep-reach}", Length(otp.DeepSeconds*time.Second),
	"{one-code-ahead}", strconv.Itoa(otp.OneCodeAhead),
	"{two-code-ahead}", strconv.Itoa(otp.TwoCodeAhead),
	"{deep-ahead}", thousands(otp.DeepAhead),
	"{rate-span}", Length(otp.MinRateSpan),
	"{flag-span}", Length(otp.FlagSpan),
	"{max-rate}", fmt.Sprint(otp.MaxRate),
	"{unlike-rate}", fmt.Sprint(report.UnlikeRate),
	"{outlook}", Length(desk.OutlookAhead),
)

// Length says a length of time in its largest whole unit.
func Length(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d%u.of == 0 && (d > u.of || u.of < 24*time.Hour) {
			return Count(int(d/u.of), u.name)
		}
	}
	return Count(int(d/time.Second), "second")
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
