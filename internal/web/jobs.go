package web

import (
	"context"
	"sync"
	"time"

	"fob/internal/fault"
)

// jobs are readings that may take longer than a page: they run in the background, each
// once at a time, and pages show what there is, with its time.
type jobs struct {
	now  func() time.Time
	ctx  context.Context
	stop context.CancelFunc
	wait sync.WaitGroup
	mu   sync.Mutex
	all  map[string]*job
}

// job is one of them, and what it came to when it ran last.
type job struct {
	running  chan struct{} // closed when it ends; nil: it does not run
	since    time.Time
	have     bool
	value    any
	err      error
	at       time.Time // when it began, as whose state it shows the store
	took     time.Duration
	lastUsed time.Time
}

const (
	patience = 40 * time.Millisecond // how long a page waits for a job
	mostJobs = 4                     // that run at a time
	keptJobs = 200                   // whose results are kept
	jobFor   = time.Hour
)

func newJobs(now func() time.Time) *jobs {
	ctx, stop := context.WithCancel(context.Background())
	return &jobs{now: now, ctx: ctx, stop: stop, all: map[string]*job{}}
}

// close ends all that runs, and waits for it.
func (j *jobs) close() {
	j.stop()
	j.wait.Wait()
}

// look returns a copy of what is known of a job.
func (j *jobs) look(key string) job {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one := j.all[key]; one != nil {
		one.lastUsed = j.now()
		return *one
	}
	return job{}
}

// begin runs a job unless it runs already, and waits a little for its end. The error is
// that there are too many.
func (j *jobs) begin(ctx context.Context, key string, run func(context.Context) (any, error)) (job, error) {
	j.mu.Lock()
	one := j.all[key]
	if one == nil || one.running == nil {
		running := 0
		for other, o := range j.all {
			if o.running != nil {
				running++
			} else if len(j.all) >= keptJobs && other != key {
				delete(j.all, other)
			}
		}
		if running >= mostJobs {
			j.mu.Unlock()
			return job{}, fault.Errorf(fault.Locked, "others are searching and counting").WithHint("try again in a few seconds")
		}
		if one == nil {
			one = &job{}
			j.all[key] = one
		}
		one.running, one.since = make(chan struct{}), j.now()
		j.wait.Go(func() { j.run(one, run) })
	}
	running := one.running
	j.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-running:
	case <-timer.C:
	case <-ctx.Done():
	}
	return j.look(key), nil
}

func (j *jobs) run(one *job, run func(context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(j.ctx, jobFor)
	defer cancel()
	value, err := run(ctx)
	j.mu.Lock()
	defer j.mu.Unlock()
	one.have, one.value, one.err, one.at, one.took = true, value, err, one.since, j.now().Sub(one.since)
	close(one.running)
	one.running = nil
}

// forget drops a result.
func (j *jobs) forget(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one := j.all[key]; one != nil && one.running == nil {
		delete(j.all, key)
	}
}

// current returns a result that is young enough, and has a new one made otherwise. A
// result that took long may be older; while there is none, the page may come back for it.
func (c *call) current(key string, young time.Duration, run func(context.Context) (any, error)) (j job, err error) {
	if j = c.s.jobs.look(key); j.have && c.s.Now().Sub(j.at) <= max(young, 20*j.took) && j.err == nil {
		return j, nil
	}
	if j, err = c.s.jobs.begin(c.r.Context(), key, run); err != nil {
		return j, err
	}
	if j.have && j.err != nil && j.running == nil {
		c.s.jobs.forget(key)
		return j, j.err
	}
	return j, nil
}

// comeBack has the browser ask again in a moment.
func (c *call) comeBack() { c.w.Header().Set("Refresh", "2") }
