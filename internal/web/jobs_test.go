package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A job runs once at a time; who asks waits a little and goes on without it; what it
// came to is kept, and only so many run at a time.
func TestJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJobs(time.Now)
		runs, end := 0, make(chan any)
		slow := func(context.Context) (any, error) { runs++; return <-end, nil }
		for range 3 {
			one, err := j.begin(t.Context(), "slow", slow)
			if err != nil || one.have || one.running == nil {
				t.Fatal(one, err)
			}
		}
		end <- 7
		synctest.Wait()
		if one := j.look("slow"); runs != 1 || !one.have || one.value != 7 || one.took != 3*patience || one.running != nil {
			t.Error(runs, one)
		}
		quick, err := j.begin(t.Context(), "quick", func(context.Context) (any, error) { return nil, errors.New("no") })
		if err != nil || !quick.have || quick.err == nil {
			t.Error(quick, err)
		}
		if j.forget("quick"); j.look("quick").have {
			t.Error("it is still there")
		}
		until := func(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
		for i := range mostJobs + 1 {
			if _, err := j.begin(t.Context(), string(rune('a'+i)), until); (err != nil) != (i == mostJobs) {
				t.Error(i, err)
			}
		}
		j.close() // ends them all
		if one := j.look("a"); one.running != nil || !errors.Is(one.err, context.Canceled) {
			t.Error(one)
		}
	})
}

// Old results go before there are too many.
func TestJobsAreBounded(t *testing.T) {
	j := newJobs(time.Now)
	defer j.close()
	for i := range 3 * keptJobs {
		if _, err := j.begin(t.Context(), string(rune(0x100+i)), func(context.Context) (any, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(j.all); n > keptJobs {
		t.Errorf("%d are kept", n)
	}
}
