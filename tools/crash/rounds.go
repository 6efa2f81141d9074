package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// importRound kills one import of the large file when it has logged so many
// bytes, and reports whether it was done all the same. The next one is killed too,
// after so long, unless that is 0.
func (h *harness) importRound(ctx context.Context, bytes int64, again time.Duration) (done bool, err error) {
	s, err := h.newStore(ctx)
	if err != nil {
		return false, err
	}
	e, err := s.killAt(ctx, func() bool { return s.loads() && s.logged() >= bytes }, "import", "--quiet", h.large)
	if err != nil {
		return false, err
	}
	if !e.killed && e.code != 0 {
		return false, fmt.Errorf("the import ended with %d:\n%s", e.code, e.out)
	}
	tokens := h.few
	if shown, err := s.listed(ctx); err != nil {
		return false, err
	} else if done = shown == h.few+h.many; done {
		tokens += h.many // it was killed behind its last commit
	}
	if !e.killed && !done {
		return false, fmt.Errorf("the import ended well and its tokens are not listed")
	}
	if err := s.agrees(ctx, tokens); err != nil {
		return done, fmt.Errorf("after the kill at %d bytes: %w", bytes, err)
	}
	if again > 0 {
		// The next import is killed as well, most often while it sweeps.
		kill := time.Now().Add(again)
		if _, err := s.killAt(ctx, func() bool { return time.Now().After(kill) }, "import", "--quiet", h.large); err != nil {
			return done, err
		}
	}
	if err := s.must(ctx, "import", "--quiet", h.large); err != nil {
		return done, fmt.Errorf("the next import after the kill at %d bytes: %w", bytes, err)
	}
	if err := s.agrees(ctx, h.few+h.many); err != nil {
		return done, fmt.Errorf("after the next import: %w", err)
	}
	if err := s.swept(h.few + h.many); err != nil {
		return done, fmt.Errorf("after the next import: %w", err)
	}
	return done, s.remove()
}

// bindRounds binds tokens until so many of the processes were killed, each with another
// token, and returns how many binds that took. Whatever was confirmed must have
// stayed; whatever was not is done or not done, never half.
func (h *harness) bindRounds(ctx context.Context, kills int, random *rand.Rand) (binds int, err error) {
	var s *place
	usual := 50 * time.Millisecond
	for killed := 0; killed < kills; binds++ {
		i := binds % h.few
		if i == 0 { // all tokens are bound, or none is there yet
			if s, err = h.newStore(ctx); err != nil {
				return binds, err
			}
		}
		began := time.Now()
		kill := began.Add(time.Duration(random.Int64N(int64(usual * 5 / 4))))
		e, err := s.bind(ctx, uint64(i), func() bool { return time.Now().After(kill) })
		switch {
		case err != nil:
		case e.killed:
			killed++
		default:
			usual = max(usual, time.Since(began))
		}
		if err == nil {
			err = s.checkBind(ctx, uint64(i), e)
		}
		if err != nil {
			return binds, fmt.Errorf("bind, round %d: %w", binds+1, err)
		}
	}
	return binds, nil
}

func serialOf(i uint64) string { return gen.Plan{Serials: 1}.Token(i).Serial }

// bind runs fob bind for token i with two codes that fit now.
func (s *place) bind(ctx context.Context, i uint64, kill func() bool) (end, error) {
	args, err := bindArgs(i, time.Now())
	if err != nil {
		return end{}, err
	}
	return s.killAt(ctx, kill, args...)
}

func bindArgs(i uint64, now time.Time) ([]string, error) {
	t := gen.Plan{Serials: 1}.Token(i)
	seed := token.NewSeed(t.Seed)
	step := otp.StepAt(t.Params, now, 0)
	args := []string{"bind", serialOf(i), "anna@example.com"}
	for _, n := range []int64{step, step + 1} {
		code, err := otp.At(t.Params, seed, n)
		if err != nil {
			return nil, err
		}
		args = append(args, "--code", code)
	}
	return args, nil
}

// checkBind holds what is stored of token i against what its bind said.
func (s *place) checkBind(ctx context.Context, i uint64, e end) error {
	confirmed := strings.Contains(e.out, "is bound to")
	if !e.killed && (e.code != 0 || !confirmed) {
		return fmt.Errorf("the bind ended with %d:\n%s", e.code, e.out)
	}
	if err := s.must(ctx, "audit", "verify"); err != nil {
		return err
	}
	again, err := s.bind(ctx, i, func() bool { return false })
	if err != nil {
		return err
	}
	const notAllowed = 6
	already := again.code == notAllowed && strings.Contains(again.out, "is bound to anna@example.com already")
	switch {
	case confirmed && !already:
		return fmt.Errorf("a bind that was confirmed has not stayed; the next one ends with %d:\n%s", again.code, again.out)
	case !already && again.code != 0:
		return fmt.Errorf("the next bind ended with %d:\n%s", again.code, again.out)
	}
	return s.must(ctx, "audit", "verify")
}
