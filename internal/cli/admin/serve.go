package admin

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/trail"
	"fob/internal/web"
	"fob/internal/web/demo"
)

// serveOptions are the flags of serve. Those that a configuration has too go before it.
type serveOptions struct {
	config, listen, cert, key string
	check, demo               bool
}

func newServeCmd(r *term.Run) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:  "serve",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return serve(ctx, r, o) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "", "read the settings from this `FILE`")
	f.StringVar(&o.listen, "listen", "", "`ADDRESS` as 127.0.0.1:8443, or the path of a unix socket")
	f.StringVar(&o.cert, "tls-cert", "", "certificate `FILE`, with its chain")
	f.StringVar(&o.key, "tls-key", "", "`FILE` with the key of the certificate")
	f.BoolVar(&o.check, "check", false, "try everything, and end")
	f.BoolVar(&o.demo, "demo", false, "try the pages with a throw-away store, on this computer alone")
	return cmd
}

// settings are those of the file, with what the flags say in their place.
func (o serveOptions) settings() (c web.Config, err error) {
	switch {
	case o.demo && o.config != "":
		return c, fault.Errorf(fault.Usage, "--demo takes no --config: whatever it would say of sign-in does not hold")
	case o.demo:
		c = web.UsualConfig()
		c.Listen, c.Holders, c.Apps = "127.0.0.1:8080", web.HoldersStock, true
	case o.config == "":
		return c, fault.Errorf(fault.Usage, "--config is missing: nobody could sign in").
			WithHint("`fob help pages` shows a file; `fob serve --demo` tries the pages without one")
	default:
		if c, err = web.ReadConfig(o.config); err != nil {
			return c, err
		}
	}
	for _, said := range []struct {
		flag string
		to   *string
	}{{o.listen, &c.Listen}, {o.cert, &c.TLSCert}, {o.key, &c.TLSKey}} {
		if said.flag != "" {
			*said.to = said.flag
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return c, fault.Errorf(fault.Usage, "--tls-cert and --tls-key go together")
	}
	if o.demo {
		return c, web.CheckDemo(c.Listen)
	}
	return c, nil
}

const longestWait = 30 * time.Second

func serve(ctx context.Context, r *term.Run, o serveOptions) (err error) {
	conf, err := o.settings()
	if err != nil {
		return err
	}
	signal.Reset(syscall.SIGHUP) // a hangup ends other commands
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	base := r.Config()
	base.Waiting = nil
	if base.Wait == 0 || base.Wait > longestWait { // nobody looks at a page for minutes
		base.Wait = longestWait
	}
	options := web.Options{Config: conf, Now: r.Now, Random: base.Random, Version: term.Version(),
		Log: slog.New(slog.NewTextHandler(r.Streams.Err, nil))}
	if o.demo {
		pocket, err := demo.New(ctx, base)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pocket.Remove()) }()
		if err := pocket.Know(ctx); err != nil {
			return err
		}
		base, options.Demo = pocket.Config, pocket
	}
	return serveStore(ctx, r, o, base, options, reload)
}

func serveStore(ctx context.Context, r *term.Run, o serveOptions, base app.Config, options web.Options, reload <-chan os.Signal) (err error) {
	u, seeds, err := base.OpenServing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.Close()) }()
	options.Cases, options.Seeds, options.Sessions = u, seeds, u.Sessions
	options.Verify = func(ctx context.Context) (trail.Report, error) { return base.VerifyTrail(ctx, nil) }
	pages, err := web.New(options)
	if err != nil {
		return err
	}
	defer pages.Close()
	s, err := web.Listen(ctx, options.Config, pages, options.Log)
	if err != nil {
		return err
	}
	if o.check {
		if err := errors.Join(pages.Ready(ctx), s.Close()); err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(servingJSON{s.Address(), seeds, true})
		}
		if o.demo {
			r.Say("Everything is ready: the store and the address. A demo signs people in by itself.")
			return nil
		}
		r.Say("Everything is ready: the settings, the store, the address, and the sign-in service.")
		return nil
	}
	if err := printServing(r, options.Config, s.Address(), seeds); err != nil {
		return err
	}
	if err := s.Run(ctx, reload); err != nil {
		return err
	}
	r.Remark("stopped")
	return nil
}

// servingJSON is where the pages are served.
type servingJSON struct {
	Address string `json:"address"`
	Seeds   bool   `json:"seeds"`   // codes can be checked
	Checked bool   `json:"checked"` // with --check: all is ready
}

func printServing(r *term.Run, c web.Config, address string, seeds bool) error {
	if r.JSON {
		return r.PrintJSON(servingJSON{address, seeds, false})
	}
	if !seeds {
		r.Remark("there is no identity: codes cannot be checked, everything else works")
	}
	where := address
	switch {
	case c.TLSCert != "":
		where = "https://" + address
	case address[0] != '/':
		where = "http://" + address
	}
	r.Say("The pages are at %s.", where)
	return nil
}
