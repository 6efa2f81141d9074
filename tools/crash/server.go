package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/testkit/cluster"
	"fob/tools/seedgen/gen"
)

// A site is a store in a server's database, and its standby where it has one.
type site struct {
	*place
	server *cluster.Cluster
	name   string // of the database
	tokens int    // that are there
}

// newSite makes a store with the small file on a server whose commits are on the disk.
func (h *harness) newSite(ctx context.Context) (*site, error) {
	server, err := cluster.Start(true)
	if err != nil {
		return nil, err
	}
	s := &site{place: &place{fob: h.fob}, server: server}
	if s.name, err = server.NewDatabase(ctx, ""); err != nil {
		return s, err
	}
	h.n++
	keys := filepath.Join(h.dir, fmt.Sprintf("site%d", h.n), "identity.txt")
	s.at(h, server.Address(s.name), keys)
	for _, args := range [][]string{{"init", "--quiet"}, {"import", "--quiet", h.small}} {
		if err := s.must(ctx, args...); err != nil {
			return s, err
		}
	}
	s.tokens = h.few
	return s, nil
}

func (s *site) at(h *harness, address, keys string) {
	s.db = address
	s.fob.Env = append(append([]string{}, h.fob.Env...), "FOB_DB="+address, "FOB_IDENTITY="+keys)
}

// serverRounds stops the server at once, as if its machine had failed, amid binds and
// imports, and holds what is stored against what was said.
func (h *harness) serverRounds(ctx context.Context, rounds int, random *rand.Rand) (stopped int, err error) {
	s, err := h.newSite(ctx)
	if s != nil {
		defer s.server.Stop()
	}
	if err != nil {
		return 0, err
	}
	usual := map[bool]time.Duration{} // of a load and of a bind that came to its end
	for i := range rounds {
		load := i%5 == 4
		if load && usual[load] == 0 {
			usual[load] = 10 * usual[!load] // about so
		}
		token := uint64(i % h.few)
		if token == 0 && i > 0 {
			return stopped, fmt.Errorf("%d rounds need more than %d tokens", rounds, h.few)
		}
		args, err := bindArgs(token, time.Now())
		if load {
			file := filepath.Join(h.dir, "more.csv")
			args, err = []string{"import", "--quiet", file}, write(file, gen.Plan{N: h.many, First: uint64(1_000_000 + i*h.many), Serials: 1})
		}
		if err != nil {
			return stopped, err
		}
		over, began := make(chan end, 1), time.Now()
		go func() {
			e, _ := s.killAt(ctx, func() bool { return false }, args...)
			over <- e
		}()
		var e end
		ended := false
		select {
		case e = <-over:
			ended, usual[load] = true, max(usual[load], time.Since(began))
		case <-within(usual[load], random):
		}
		s.server.Kill()
		if err := s.server.Run(); err != nil {
			return stopped, err
		}
		if !ended {
			stopped++
			e = <-over
		}
		if err := s.holds(ctx, h, load, token, e); err != nil {
			return stopped, fmt.Errorf("round %d, fob %s ended with %d:\n%s%w", i+1, args[0], e.code, e.out, err)
		}
	}
	return stopped, s.must(ctx, "audit", "verify")
}

// within is a moment by chance in the time that a command usually takes, or soon after
// it; never where that is not known yet.
func within(usual time.Duration, random *rand.Rand) <-chan time.Time {
	if usual == 0 {
		return nil
	}
	return time.After(time.Duration(random.Int64N(int64(usual * 2))))
}

// failovers kill a primary server amid binds; its synchronous standby takes its place.
func (h *harness) failovers(ctx context.Context, rounds int, random *rand.Rand) (stopped int, err error) {
	s, err := h.newSite(ctx)
	if s != nil {
		defer func() { s.server.Stop() }()
	}
	if err != nil {
		return stopped, err
	}
	token, usual := uint64(0), time.Duration(0)
	keys := strings.TrimPrefix(s.fob.Env[len(s.fob.Env)-1], "FOB_IDENTITY=")
	for i := range rounds {
		standby, err := s.server.Standby()
		if err != nil {
			return stopped, err
		}
		if err := s.server.Synchronous(ctx, true); err != nil {
			return stopped, err
		}
		s.at(h, "postgres://owner@/"+s.name+"?host="+s.server.Dir()+","+standby.Dir()+"&target_session_attrs=primary", keys)
		over := make(chan end, 1)
		args, err := bindArgs(token, time.Now())
		if err != nil {
			return stopped, err
		}
		began := time.Now()
		go func() {
			e, _ := s.killAt(ctx, func() bool { return false }, args...)
			over <- e
		}()
		var e end
		ended := false
		select {
		case e = <-over:
			ended, usual = true, max(usual, time.Since(began))
		case <-within(usual, random):
		}
		s.server.Kill()
		if err := standby.Promote(ctx); err != nil {
			return stopped, err
		}
		if err := standby.Synchronous(ctx, false); err != nil {
			return stopped, err
		}
		if !ended {
			stopped++
			e = <-over
		}
		s.server.Stop()
		s.server = standby
		if err := s.holds(ctx, h, false, token, e); err != nil {
			return stopped, fmt.Errorf("failover %d, the bind ended with %d:\n%s%w", i+1, e.code, e.out, err)
		}
		token++
	}
	return stopped, s.must(ctx, "audit", "verify")
}

// holds compares what is stored with what a command said.
func (s *site) holds(ctx context.Context, h *harness, load bool, token uint64, e end) error {
	if load {
		n, err := s.listed(ctx)
		if err == nil && (e.code == 0 && n != s.tokens+h.many || n != s.tokens && n != s.tokens+h.many) {
			err = fmt.Errorf("%d tokens are listed", n)
		}
		s.tokens = n
		return err
	}
	out, err := s.fob.Command(ctx, "show", serialOf(token)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("show: %w\n%s", err, out)
	}
	bound := strings.Contains(string(out), "state\tbound\n")
	nothing := strings.Contains(e.out, "nothing of this command was stored") || strings.Contains(e.out, "before anything was stored")
	if e.code == 0 && !bound || e.code != 0 && nothing && bound {
		return fmt.Errorf("the token is now:\n%s", out)
	}
	return s.must(ctx, "audit", "verify")
}
