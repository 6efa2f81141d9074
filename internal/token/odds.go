package token

import (
	"math"
	"strconv"
	"time"

	"fob/internal/fault"
)

// What a looser policy would give away, for 6 digits and a period of 30 s, the
// commonest tokens. Over W steps one code is met by chance with W in 10⁶, two
// consecutive ones with W in 10¹².

const (
	oddsPeriod = 30 * time.Second
	usualSteps = 21 // that one code is searched at, where no policy is stricter
)

// looser refuses a figure that would undo one of fob's own.
func looser(what, odds string) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "%s is looser than fob itself: %s", what, odds).
		WithHint("a policy can only be stricter; nothing was changed")
}

func windowOdds(asked, usual time.Duration, codes int) string {
	words := map[int]string{1: "a guessed code would be met by chance ", 2: "two guessed codes would be met by chance "}[codes]
	return words + oneIn(stepsWithin(asked), 6*codes) + ", where it is " + oneIn(stepsWithin(usual), 6*codes)
}

// stepsWithin is the number of steps in a window that reaches so far either way.
func stepsWithin(reach time.Duration) int {
	if reach == UsualOneCode {
		return usualSteps // it is also clipped to ten steps either way
	}
	return 2*int(math.Ceil(float64(reach)/float64(oddsPeriod))) + 1
}

// oneIn says odds of n in 10^digits.
func oneIn(n, digits int) string {
	return "1 in " + grouped(int64(math.Round(math.Max(1, math.Pow10(digits)/float64(n)))))
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
