package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/tools/seedgen/gen"
)

// sitesPlan is how many desks bind how often, each with a pause like that of a person,
// and how many tokens load meanwhile.
type sitesPlan struct {
	desks, each, load int
	pause             time.Duration
}

const (
	siteCount = 3
	// oneWay is how long every byte takes from a site to the server and back again: 20 ms
	// of delay. Not every kernel has netem, so each site reaches the server through a
	// relay of this process, which delays both directions.
	oneWay = 10 * time.Millisecond
)

// sites has desks at several sites bind while a file loads at the server.
func (s *served) sites(ctx context.Context, p sitesPlan) (string, error) {
	s.progress("%d desks at %d sites bind while %d tokens load", p.desks, siteCount, p.load)
	file := filepath.Join(s.dir, "more.csv")
	if err := writePlan(file, gen.Plan{N: p.load, First: uint64(s.n), Serials: s.plan.Serials}, gen.WriteOATHCSV); err != nil {
		return "", err
	}
	loaded := make(chan error, 1)
	go func() {
		var once []usage
		loaded <- s.time(&once, s.fob.Command(ctx, "import", file, "--quiet"))
	}()
	took := make([][]usage, p.desks)
	failed := make([]error, p.desks)
	var all sync.WaitGroup
	for site := range siteCount {
		address, end, err := s.relayed(site)
		if err != nil {
			return "", err
		}
		defer end()
		for d := site; d < p.desks; d += siteCount {
			all.Go(func() { took[d], failed[d] = s.oneDesk(ctx, p, d, address) })
		}
	}
	all.Wait()
	err := errors.Join(failed...)
	return sitesTable(took, p), errors.Join(err, <-loaded)
}

// oneDesk binds tokens of its own.
func (s *served) oneDesk(ctx context.Context, p sitesPlan, desk int, address string) (took []usage, err error) {
	at := *s.bench
	fob := s.fob
	fob.Env = append(fob.Env[:len(fob.Env):len(fob.Env)], "FOB_DB="+address)
	time.Sleep(p.pause * time.Duration(desk) / time.Duration(p.desks)) // people do not begin together
	for i := range p.each {
		serial, code, failed := s.codeOf(uint64(s.n - 1 - desk*p.each - i))
		if failed != nil {
			return took, failed
		}
		began := time.Now()
		if failed := at.time(&took, fob.Command(ctx, "bind", serial, fmt.Sprintf("desk%d-%d@example.com", desk, i), "--code", code)); failed != nil {
			err = errors.Join(err, failed)
		}
		time.Sleep(p.pause - time.Since(began))
	}
	return took, err
}

func sitesTable(took [][]usage, p sitesPlan) string {
	var w strings.Builder
	fmt.Fprintf(&w, "| %d desks, each binding every %v, %d ms of delay, while %s tokens load; whole processes | binds | p50 | p99 | longest |\n|---|---|---|---|---|\n",
		p.desks, p.pause, 2*oneWay.Milliseconds(), thousands(float64(p.load)))
	row := func(name string, all []usage) {
		fmt.Fprintf(&w, "| %s | %d | %.0f ms | %.0f ms | %.0f ms |\n", name, len(all), 1000*quantile(all, 0.5), 1000*quantile(all, 0.99), 1000*quantile(all, 1))
	}
	var every []usage
	for site := range siteCount {
		var here []usage
		for d := site; d < len(took); d += siteCount {
			here = append(here, took[d]...)
		}
		row(fmt.Sprintf("site %d", site+1), here)
		every = append(every, here...)
	}
	row("all sites", every)
	return w.String()
}

// relayed is the address of the store by way of a relay.
func (s *served) relayed(site int) (address string, end func(), err error) {
	u, err := url.Parse(s.address())
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "fob-site-") // the path of a socket is short
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("unix", filepath.Join(dir, filepath.Base(s.server.Socket())))
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go s.relay(client)
		}
	}()
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	return u.String(), func() { l.Close(); os.RemoveAll(dir) }, nil
}

func (s *served) relay(client net.Conn) {
	server, err := net.Dial("unix", s.server.Socket())
	if err != nil {
		client.Close()
		return
	}
	go delayed(server, client)
	delayed(client, server)
}

// delayed hands everything on after its time, and the end after all of it.
func delayed(to, from net.Conn) {
	type piece struct {
		due  time.Time
		text []byte
	}
	way := make(chan piece, 10_000)
	go func() {
		defer to.Close()
		for p := range way {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.text); err != nil {
				from.Close()
			}
		}
	}()
	defer close(way)
	for {
		text := make([]byte, 1<<16)
		n, err := from.Read(text)
		if n > 0 {
			way <- piece{time.Now().Add(oneWay), text[:n]}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				from.Close()
			}
			return
		}
	}
}

// quantile is the shortest time that such a share of all does not exceed; 0 of none.
func quantile(all []usage, share float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(all), func(x, y usage) int { return cmp.Compare(x.seconds, y.seconds) })
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)].seconds
}
