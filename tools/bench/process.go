package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// usage is what one process took, or several that ran as a pipeline.
type usage struct {
	seconds float64
	cpu     float64 // seconds of all cores, which other work on the machine hardly changes
	peakMB  float64 // most resident memory of one of them; 0 where the system does not tell
}

// time runs one process to its end, or a pipeline: each one's output is the
// next one's input.
func (b *bench) time(to *[]usage, pipeline ...*exec.Cmd) error {
	said := make([]strings.Builder, len(pipeline))
	last := pipeline[len(pipeline)-1]
	last.Stdout = &said[len(pipeline)-1]
	for i, cmd := range pipeline {
		cmd.Stderr = &said[i]
	}
	began := time.Now()
	if err := start(pipeline); err != nil {
		return err
	}
	var failed error
	for i, cmd := range pipeline {
		if err := cmd.Wait(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[:min(2, len(cmd.Args))], " "), err, said[i].String()))
		}
	}
	*to = append(*to, sum(time.Since(began), pipeline))
	return failed
}

// start starts a pipeline. The ends of its pipes are closed here once the
// processes have them, so that one that ends early ends the others.
func start(pipeline []*exec.Cmd) error {
	var ends []*os.File
	defer func() {
		for _, f := range ends {
			f.Close() // the processes have their own
		}
	}()
	for i, cmd := range pipeline {
		if i+1 < len(pipeline) {
			read, write, err := os.Pipe()
			if err != nil {
				return err
			}
			ends = append(ends, read, write)
			cmd.Stdout, pipeline[i+1].Stdin = write, read
		}
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	return nil
}

func sum(took time.Duration, pipeline []*exec.Cmd) usage {
	u := usage{seconds: took.Seconds()}
	for _, cmd := range pipeline {
		p := cmd.ProcessState
		u.cpu += (p.UserTime() + p.SystemTime()).Seconds()
		u.peakMB = max(u.peakMB, peakMB(p))
	}
	return u
}
