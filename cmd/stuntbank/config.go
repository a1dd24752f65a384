package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// config is every setting of `serve`. A setting comes from its flag, else from its
// environment variable STUNTBANK_<NAME>, else from the file of --config, else it has
// its default.
type config struct {
	listen    string
	scenarios string
	scenario  string
	seed      string
	contract  string
	publicURL string
	control   string
	set       []string
	webhooks  []string
	allow     []string
	trusted   []string
	sandboxes int
	hosted    bool
	state     string
	log       string
	logLevel  string
	readyFile string
	file      string

	misspelt map[string]string // environment variables, with what each was probably meant for
}

func (c *config) flags(f *pflag.FlagSet) {
	f.StringVar(&c.listen, "listen", "127.0.0.1:8080", "address to listen on; port 0 picks a free one")
	f.StringVar(&c.scenarios, "scenarios", "", "folder with scenarios of your own (*.yaml)")
	f.StringVar(&c.scenario, "scenario", "happy", "scenario of sandboxes that set none")
	f.StringVar(&c.seed, "seed", "", "seed of the bank data in new sandboxes; default: from the sandbox's name")
	f.StringVar(&c.contract, "contract", "request", "what is held against the OpenAPI documents: off, request or full")
	f.StringVar(&c.publicURL, "public-url", "", "origin that browsers use to reach this server")
	f.StringVar(&c.control, "control-token", "", "token that the control API asks for; default: none")
	f.StringArrayVar(&c.set, "set", nil, "option of a provider for every sandbox, provider.option=value; may be repeated")
	f.StringArrayVar(&c.webhooks, "webhook", nil, "receiver of a provider's webhooks that needs no registration, provider=URL; may be repeated")
	f.StringSliceVar(&c.allow, "webhook-allow", nil, "hosts, addresses or networks beyond this machine and private networks that webhooks may go to; * for all")
	f.StringSliceVar(&c.trusted, "trusted-proxy", []string{"127.0.0.0/8", "::1/128"}, "networks whose X-Forwarded-* headers count")
	f.IntVar(&c.sandboxes, "sandboxes", 10_000, "most sandboxes at a time")
	f.BoolVar(&c.hosted, "hosted", false, "for a server that others can reach: unguessable tokens, and --control-token is required")
	f.StringVar(&c.state, "state", "", "file that keeps the sandboxes, so that they survive a restart or a crash; default: memory alone")
	f.StringVar(&c.log, "log", "text", "form of the log on standard error: text or json")
	f.StringVar(&c.logLevel, "log-level", "info", "least that is logged: debug (with a line for each call), info, warn or error")
	f.StringVar(&c.readyFile, "ready-file", "", "file that gets the base URL once the server is ready")
	f.StringVar(&c.file, "config", "", "YAML file with these settings by the same names")
}

// load fills what the flags left out, from the environment and then from the file.
// lookup is os.LookupEnv, read is os.ReadFile.
func (c *config) load(f *pflag.FlagSet, lookup func(string) (string, bool), read func(string) ([]byte, error)) error {
	fromEnv := func(flag *pflag.Flag) error {
		name := variable(flag)
		value, _ := lookup(name)
		if value == "" || flag.Changed { // an empty variable is what a script leaves of an unset one
			return nil
		}
		values := []string{value}
		if flag.Value.Type() == "stringArray" {
			values = strings.Split(value, ",")
		}
		for _, v := range values {
			if err := f.Set(flag.Name, v); err != nil {
				return fmt.Errorf("environment variable %s=%q: use a %s", name, v, flag.Value.Type())
			}
		}
		return nil
	}
	var errs []error
	f.VisitAll(func(flag *pflag.Flag) { errs = append(errs, fromEnv(flag)) })
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if c.file != "" {
		if err := c.fromFile(f, read); err != nil {
			return err
		}
	}
	return c.check()
}

// variable is the environment variable of a flag.
func variable(flag *pflag.Flag) string {
	return "STUNTBANK_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// misspelt finds environment variables that are none of ours and nearly are, with what each
// was probably meant for. The others are none of our business: a cluster sets
// STUNTBANK_SERVICE_HOST and more for a service of our name.
func misspelt(f *pflag.FlagSet, environ []string) map[string]string {
	var known []string
	f.VisitAll(func(flag *pflag.Flag) { known = append(known, variable(flag)) })
	found := map[string]string{}
	for _, line := range environ {
		name, _, _ := strings.Cut(line, "=")
		tail, ours := strings.CutPrefix(name, "STUNTBANK_")
		if !ours || slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if scenarios.Nearest(tail, []string{strings.TrimPrefix(k, "STUNTBANK_")}) != "" {
				found[name] = k
			}
		}
	}
	return found
}

func (c *config) fromFile(f *pflag.FlagSet, read func(string) ([]byte, error)) error {
	data, err := read(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--config %s: there is no such file", c.file)
	}
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: write settings as name: value", c.file, top.Line)
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		flag := f.Lookup(key.Value)
		if flag == nil || key.Value == "config" || key.Value == "help" {
			var known []string
			f.VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
			hint := ""
			if near := scenarios.Nearest(key.Value, known); near != "" {
				hint = "did you mean " + near + "? "
			}
			return fmt.Errorf("%s:%d:%d: there is no setting %q: %s`stuntbank serve --help` lists them", c.file, key.Line, key.Column, key.Value, hint)
		}
		if flag.Changed {
			continue
		}
		values := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			values = value.Content
		}
		for _, v := range values {
			if v.Kind != yaml.ScalarNode {
				return fmt.Errorf("%s:%d:%d: %s takes a plain value, or a list of them: [fintoc.until=inclusive] for set", c.file, v.Line, v.Column, key.Value)
			}
			if err := f.Set(key.Value, v.Value); err != nil {
				return fmt.Errorf("%s:%d:%d: %s: %w", c.file, v.Line, v.Column, key.Value, err)
			}
		}
	}
	return nil
}

func (c *config) check() error {
	if _, _, err := net.SplitHostPort(c.listen); err != nil {
		return fmt.Errorf("--listen %q: use an address with a port, such as 127.0.0.1:8080", c.listen)
	}
	if _, err := openapi.ParseMode(c.contract); err != nil {
		return fmt.Errorf("--contract: %w", err)
	}
	if c.log != "text" && c.log != "json" {
		return fmt.Errorf("--log %q: use text or json", c.log)
	}
	if _, err := c.level(); err != nil {
		return err
	}
	if c.seed != "" {
		if _, err := strconv.ParseUint(c.seed, 10, 64); err != nil {
			return fmt.Errorf("--seed %q: use a whole number from 0 on", c.seed)
		}
	}
	if c.publicURL != "" {
		u, err := url.Parse(c.publicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("--public-url %q: use an origin such as https://stunt.example.test", c.publicURL)
		}
	}
	if c.hosted && c.control == "" {
		return errors.New("--hosted needs --control-token: whoever reaches the server could drive it otherwise")
	}
	if c.sandboxes < 1 {
		return fmt.Errorf("--sandboxes %d: use 1 or more", c.sandboxes)
	}
	if _, err := webhook.ParseAllow(c.allow); err != nil {
		return fmt.Errorf("--webhook-allow %w", err)
	}
	_, err := c.proxies()
	return err
}

func (c *config) level() (level slog.Level, err error) {
	if level.UnmarshalText([]byte(c.logLevel)) != nil {
		return level, fmt.Errorf("--log-level %q: use debug, info, warn or error", c.logLevel)
	}
	return level, nil
}

func (c *config) proxies() ([]netip.Prefix, error) {
	out := []netip.Prefix{}
	for _, text := range c.trusted {
		p, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxy %q: use a network such as 10.0.0.0/8", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// options are the values of --set.
func (c *config) options() (map[string]string, error) {
	out := map[string]string{}
	for _, text := range c.set {
		name, value, ok := strings.Cut(text, "=")
		if !ok || !strings.Contains(name, ".") {
			return nil, fmt.Errorf("--set %q: write provider.option=value", text)
		}
		out[name] = value
	}
	return out, nil
}

// receivers are the values of --webhook, by the name of the option that each sets.
func (c *config) receivers(providers []engine.Provider) (map[string]string, error) {
	out := map[string]string{}
	for _, text := range c.webhooks {
		name, url, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--webhook %q: write provider=URL, such as fintoc=http://127.0.0.1:4000/webhooks", text)
		}
		if err := webhook.CheckURL(url); err != nil {
			return nil, fmt.Errorf("--webhook %s: %w", name, err)
		}
		var known []string
		for _, p := range providers {
			if man := p.Manifest(); man.Webhooks != nil {
				known = append(known, man.Name)
				if man.Name == name {
					out[name+"."+man.Webhooks.URLOption] = url
				}
			}
		}
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("--webhook %q: no such provider sends webhooks: use one of %s", name, strings.Join(known, ", "))
		}
	}
	return out, nil
}

// The ways to the outside; tests give their own.
var (
	lookupEnv = os.LookupEnv
	environ   = os.Environ
	readFile  = os.ReadFile
)
