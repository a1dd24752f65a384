package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

func serveCommand() *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use: "serve", Short: "Start the simulator", Args: cobra.NoArgs,
		Long: "Start the simulator. It needs no configuration and prints where everything is.\n\n" +
			"Each flag has an environment variable: --public-url is STUNTBANK_PUBLIC_URL.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(cmd.Flags(), lookupEnv, readFile); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
			return serve(ctx, &c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.flags(cmd.Flags())
	return cmd
}

// serve runs the simulator until ctx ends.
func serve(ctx context.Context, c *config, out, log io.Writer) error {
	tuneMemory()
	s, err := build(c, log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w (another address, or port 0 for a free one, may help)", c.listen, err)
	}
	calls, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	srv := &http.Server{
		BaseContext: func(net.Listener) context.Context { return calls },
		Handler:     s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.Log().Handler(), slog.LevelWarn),
	}
	running := make(chan struct{})
	go func() {
		defer close(running)
		s.Run(calls)
	}()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	base := baseURL(c, l.Addr())
	if c.readyFile != "" {
		if err := os.WriteFile(c.readyFile, []byte(base+"\n"), 0o644); err != nil {
			return fmt.Errorf("--ready-file: %w", err)
		}
		defer os.Remove(c.readyFile) // the next run must not find this one's address
	}
	welcome(ctx, out, s, base)
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && c.control == "" {
		s.Log().Warn("others can reach this server and its control API: set --control-token, or listen on 127.0.0.1", "listen", l.Addr().String())
	}
	go func() {
		s.Warm()
		debug.FreeOSMemory() // parsing leaves twice the documents behind
		giveBack(calls)
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	hangUp() // whoever waits for something is told now
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	select {
	case <-running: // the webhooks under way are done and written
	case <-ctx.Done():
	}
	return srv.Close()
}

// build makes the server of these settings: the only place that knows every part.
func build(c *config, log io.Writer) (*engine.Server, error) {
	mode, err := openapi.ParseMode(c.contract)
	if err != nil {
		return nil, err
	}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	proxies, err := c.proxies()
	if err != nil {
		return nil, err
	}
	allow, err := webhook.ParseAllow(c.allow)
	if err != nil {
		return nil, err
	}
	providers := mocks.All()
	receivers, err := c.receivers(providers)
	if err != nil {
		return nil, err
	}
	maps.Copy(options, receivers)
	library, err := loadScenarios(providers, c.scenarios)
	if err != nil {
		return nil, err
	}
	cfg := engine.Config{
		Providers: append(providers, control.New()), Store: memory.New(), Scenarios: library, Scenario: c.scenario,
		Contract: mode, Options: options, PublicURL: c.publicURL, Control: c.control, Trusted: proxies,
		Sender: webhook.NewSender(webhook.SenderConfig{Allow: allow}), Sandboxes: c.sandboxes, Log: logger(c.log, log), Version: buildVersion(),
	}
	if c.seed != "" {
		seed, err := strconv.ParseUint(c.seed, 10, 64)
		if err != nil {
			return nil, err
		}
		cfg.Seed = &seed
	}
	if c.hosted {
		cfg.Key = make([]byte, 32)
		rand.Read(cfg.Key)
	}
	s, err := engine.New(cfg)
	if err != nil {
		return nil, err
	}
	widget.Mount(s)
	return s, nil
}

// loadScenarios reads the bundled scenarios and those of a folder.
func loadScenarios(providers []engine.Provider, dir string) (*scenarios.Library, error) {
	library, err := scenarios.Bundled(engine.Vocabulary(providers))
	if err != nil || dir == "" {
		return library, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--scenarios %s: there is no such folder", dir)
	}
	return library.LoadDir(os.DirFS(dir), dir)
}

func logger(form string, w io.Writer) *slog.Logger {
	if form == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// tuneMemory trades a few megabytes for speed: on a heap this small the collector
// takes a third of the time otherwise. The limit keeps that bounded; GOGC and
// GOMEMLIMIT win.
func tuneMemory() {
	if _, ok := lookupEnv("GOGC"); !ok {
		debug.SetGCPercent(400)
	}
	if _, ok := lookupEnv("GOMEMLIMIT"); !ok {
		debug.SetMemoryLimit(1 << 30)
	}
}

// giveBack returns memory to the machine in the first quiet minute after a busy one:
// with tuneMemory a load leaves up to four times of what is kept behind. It ends with
// ctx.
func giveBack(ctx context.Context) {
	const quiet = 1 << 20 // bytes allocated in a minute
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	for last, busy := allocated[0].Value.Uint64(), false; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(allocated)
		now := allocated[0].Value.Uint64()
		working := now-last > quiet
		if busy && !working {
			debug.FreeOSMemory()
		}
		last, busy = now, working
	}
}

// baseURL is where a client on this machine finds the server.
func baseURL(c *config, addr net.Addr) string {
	if c.publicURL != "" {
		return c.publicURL
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "127.0.0.1"
		if ip.IsLoopback() {
			host = ip.String()
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}
