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
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/durable"
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
			c.misspelt = misspelt(cmd.Flags(), environ())
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
			return serve(ctx, &c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.flags(cmd.Flags())
	return cmd
}

// grace is how long calls at work may take to finish when the server is to stop. What
// runs containers kills after ten seconds.
const grace = 5 * time.Second

// serve runs the simulator until ctx ends: it takes no more calls then, tells those who
// wait, and lets those at work finish.
func serve(ctx context.Context, c *config, out, log io.Writer) (err error) {
	tuneMemory()
	logger, err := newLogger(c, log)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.misspelt)) {
		logger.Warn("an environment variable that is no setting", "variable", name, "perhaps", c.misspelt[name])
	}
	st, err := openStore(c, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s, err := build(c, st, logger)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w (another address, or port 0 for a free one, may help)", c.listen, err)
	}
	calls, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	srv := newHTTPServer(s, usualPatience)
	srv.BaseContext = func(net.Listener) context.Context { return calls }
	running := make(chan struct{})
	go func() {
		defer close(running)
		s.Run(calls)
	}()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	base := baseURL(c, l.Addr())
	notReady, err := ready(c.readyFile, base)
	if err != nil {
		srv.Close()
		return err
	}
	defer notReady()
	welcome(ctx, out, s, base)
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && c.control == "" {
		s.Log().Warn("others can reach this server and its control API: set --control-token, or listen on 127.0.0.1", "listen", l.Addr().String())
	}
	go func() {
		collect(20) // what parsing leaves behind must not lie between what is kept
		s.Warm()
		collect(usualGarbage)
		debug.FreeOSMemory()
		giveBack(calls)
	}()
	if c.scenarios != "" {
		doubt(s)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		go reload(calls, tick.C, c.scenarios, s)
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	notReady()
	s.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		s.Log().Warn("calls were cut off: they were still at work long after the server was told to stop", "after", grace)
	}
	hangUp()
	select {
	case <-running: // the webhooks under way are done and written
	case <-ctx.Done():
	}
	if err := srv.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// patience is how long the listener waits for a client that is slow or silent. How long
// it may take over a body or an answer is the engine's (Config.BodyTime).
type patience struct {
	header time.Duration // to send the head of a call
	idle   time.Duration // between two calls
}

var usualPatience = patience{header: 10 * time.Second, idle: 2 * time.Minute}

func newHTTPServer(s *engine.Server, p patience) *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: p.header, IdleTimeout: p.idle, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.Log().Handler(), slog.LevelWarn),
	}
}

// ready writes the base URL to a file, at once or not at all. The function that it gives
// removes the file, unless another server has written it since: the next run must not
// find this one's address.
func ready(path, base string) (notReady func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	text := base + "\n"
	if err := writeFile(path, text); err != nil {
		return nil, fmt.Errorf("--ready-file: %w", err)
	}
	return sync.OnceFunc(func() {
		if there, err := os.ReadFile(path); err == nil && string(there) == text {
			os.Remove(path)
		}
	}), nil
}

// writeFile writes a file beside the path and renames it.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// openStore gives the memory, with the file behind it that --state names.
func openStore(c *config, log *slog.Logger) (store.Store, error) {
	if c.state == "" {
		return memory.New(), nil
	}
	st, err := durable.Open(c.state, log, engine.Kinds()...)
	if err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	log.Info("state", "file", c.state, "sandboxes", st.Loaded.Sandboxes, "records", st.Loaded.Records)
	if st.Loaded.Cut > 0 {
		log.Warn("the last write of the run before was not finished and is left out: nobody had been told that it was done", "bytes", st.Loaded.Cut)
	}
	return st, nil
}

// build makes the server of these settings: the only place that knows every part.
func build(c *config, st store.Store, log *slog.Logger) (*engine.Server, error) {
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
		Providers: append(providers, control.New()), Store: st, Scenarios: library, Scenario: c.scenario,
		Contract: mode, Options: options, PublicURL: c.publicURL, Control: c.control, Trusted: proxies,
		Sender: webhook.NewSender(webhook.SenderConfig{Allow: allow}), Sandboxes: c.sandboxes, Log: log, Version: buildVersion(),
	}
	if c.seed != "" {
		seed, err := strconv.ParseUint(c.seed, 10, 64)
		if err != nil {
			return nil, err
		}
		cfg.Seed = &seed
	}
	if c.hosted {
		cfg.Key = keyOf(st)
	}
	s, err := engine.New(cfg)
	if err != nil {
		return nil, err
	}
	widget.Mount(s)
	return s, nil
}

// keyOf is what nobody can guess: the key of the state file, whose tokens must be the
// same after a restart, or a new one.
func keyOf(st store.Store) *grant.Key {
	if kept, ok := st.(interface{ Key() []byte }); ok {
		return grant.NewKey(kept.Key())
	}
	key := make([]byte, 32)
	rand.Read(key)
	return grant.NewKey(key)
}

// loadScenarios reads the bundled scenarios and those of a folder.
func loadScenarios(providers []engine.Provider, dir string) (*scenarios.Library, error) {
	library, err := scenarios.Bundled(engine.Vocabulary(providers))
	if err != nil || dir == "" {
		return library, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--scenarios %s: there is no such folder (name the folder that the files are in)", dir)
	}
	if library, err = library.LoadDir(os.DirFS(dir), dir); err != nil {
		return nil, err
	}
	return library, engine.CheckData(providers, library)
}

func newLogger(c *config, w io.Writer) (*slog.Logger, error) {
	level, err := c.level()
	if err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	if c.log == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// tuneMemory trades a few megabytes for speed: on a heap this small the collector
// takes a third of the time otherwise. The limit keeps that bounded; GOGC and
// GOMEMLIMIT win.
func tuneMemory() {
	collect(usualGarbage)
	if _, ok := lookupEnv("GOMEMLIMIT"); !ok {
		debug.SetMemoryLimit(1 << 30)
	}
}

// usualGarbage is how much garbage may lie about beside what is kept, in percent of it.
const usualGarbage = 400

// collect sets that, unless GOGC does.
func collect(percent int) {
	if _, ok := lookupEnv("GOGC"); !ok {
		debug.SetGCPercent(percent)
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
