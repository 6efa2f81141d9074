package web

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/fault"
)

// Time-outs of connections: nobody keeps one open for nothing.
const (
	readHeadFor = 5 * time.Second
	readFor     = 30 * time.Second
	writeFor    = answerFor + 30*time.Second
	idleFor     = 2 * time.Minute
	stopWithin  = 20 * time.Second
	maxHeader   = 16 << 10
)

// Serving is a server with where it listens.
type Serving struct {
	handler http.Handler
	log     *slog.Logger
	at      net.Listener
	pair    *certificate // nil: without TLS
}

// Listen opens where the pages are reached. Whatever is wrong with the address or the
// certificate is an error now.
func Listen(ctx context.Context, c Config, handler http.Handler, log *slog.Logger) (*Serving, error) {
	s := &Serving{handler: handler, log: log}
	if c.TLSCert != "" {
		s.pair = &certificate{cert: c.TLSCert, key: c.TLSKey}
		if err := s.pair.read(); err != nil {
			return nil, fault.Wrap(fault.Usage, err, "the certificate cannot be used")
		}
	}
	network := "tcp"
	switch {
	case isSocket(c.Listen):
		network = "unix"
		if err := removeSocket(c.Listen); err != nil {
			return nil, err
		}
	case s.pair == nil && !isLoopbackAddress(c.Listen):
		return nil, fault.Errorf(fault.Usage, "%s can be reached from other computers, and there is no certificate", c.Listen).
			WithHint("name a certificate and its key, or listen on 127.0.0.1 or a unix socket behind a proxy")
	}
	at, err := (&net.ListenConfig{}).Listen(ctx, network, c.Listen)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "nothing can listen on %s", c.Listen)
	}
	if network == "unix" {
		if err := os.Chmod(c.Listen, 0o660); err != nil { // the proxy is in its group
			return nil, errors.Join(fault.Wrap(fault.Usage, err, "the socket"), at.Close())
		}
	}
	s.at = at
	return s, nil
}

// Address is where it listens; with port 0 the system chose one.
func (s *Serving) Address() string { return s.at.Addr().String() }

// Close ends what was never run.
func (s *Serving) Close() error { return s.at.Close() }

// Run serves until the context ends, and then lets what was begun come to its end.
// Whatever comes through reload has the certificate read anew.
func (s *Serving) Run(ctx context.Context, reload <-chan os.Signal) error {
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: readHeadFor, ReadTimeout: readFor, WriteTimeout: writeFor, IdleTimeout: idleFor,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	at := s.at
	if s.pair != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.pair.get, NextProtos: []string{"h2", "http/1.1"}}
		at = tls.NewListener(at, server.TLSConfig)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(at) }()
	notify("READY=1")
	for {
		select {
		case err := <-ended:
			return fault.Wrap(fault.Internal, err, "serving")
		case <-reload:
			s.reload()
		case <-ctx.Done():
			notify("STOPPING=1")
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			if err := server.Shutdown(stop); err != nil {
				return fault.Wrap(fault.Internal, errors.Join(err, server.Close()), "stopping")
			}
			return nil
		}
	}
}

// reload keeps the old certificate where the new one is no good.
func (s *Serving) reload() {
	if s.pair == nil {
		return
	}
	if err := s.pair.read(); err != nil {
		s.log.Error("the new certificate cannot be used, the old one stays", "error", err)
		return
	}
	s.log.Info("the certificate was read anew")
}

// notify tells the service manager, if there is one that wants to know.
func notify(what string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(what)) // nobody is there to hear of it
}

// isSocket reports whether an address is the path of a unix socket.
func isSocket(listen string) bool { return filepath.IsAbs(listen) || strings.HasPrefix(listen, "./") }

// removeSocket removes what an earlier run left; anything else is left alone.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(fault.Usage, err, "the socket")
	case info.Mode().Type() != fs.ModeSocket:
		return fault.Errorf(fault.Usage, "%s is there already, and is no socket", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(fault.Errorf(fault.Usage, "another program listens on %s", path), conn.Close())
	}
	if err := os.Remove(path); err != nil {
		return fault.Wrap(fault.Usage, err, "the socket")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isLoopbackAddress(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && isLoopback(host)
}

// CheckDemo refuses a demo where somebody else could reach it: anybody signs in as
// anyone there.
func CheckDemo(listen string) error {
	if isLoopbackAddress(listen) {
		return nil
	}
	return fault.Errorf(fault.Usage, "a demo lets anybody sign in as anyone: it listens on this computer alone, not on %s", listen)
}
