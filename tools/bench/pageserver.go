package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	"time"

	"fob/internal/app"
	"fob/internal/token"
	"fob/internal/web"
)

// noPocket signs people in without a provider, and has no sample tokens.
type noPocket struct{}

func (noPocket) Pocket(time.Time) ([]web.Displayed, error) { return nil, nil }

// servePages is a run of this program of its own, so that its time and memory are those
// of the pages: it serves a store until its input ends.
func servePages(ctx context.Context, db, keys, profile string) (err error) {
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	base := app.Config{DB: db, Identity: keys, Now: time.Now, Random: rand.Reader,
		Operator: token.Operator{Kind: token.OperatorOS, ID: "0", Name: "bench"}, Host: "bench", Wait: 30 * time.Second}
	u, seeds, err := base.OpenServing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.Close()) }()
	c := web.UsualConfig()
	c.Listen, c.RequestsPerSecond = "127.0.0.1:0", 1_000_000
	c.Fresh = c.Life
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	pages, err := web.New(web.Options{Config: c, Cases: u, Seeds: seeds, Sessions: u.Sessions, Now: time.Now, Random: rand.Reader, Log: log, Demo: noPocket{}})
	if err != nil {
		return err
	}
	defer pages.Close()
	s, err := web.Listen(ctx, c, pages, log)
	if err != nil {
		return err
	}
	fmt.Println(s.Address())
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it
	}()
	return s.Run(ctx, nil)
}
