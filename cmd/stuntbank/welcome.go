package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// demoSandbox holds the session behind the widget that serve prints, so that the
// sandboxes of users begin untouched.
const demoSandbox = "demo"

// welcome prints where everything is: base URLs, keys and users that work, and a
// widget to open right now.
func welcome(ctx context.Context, out io.Writer, s *engine.Server, base string) {
	var b strings.Builder
	fmt.Fprintf(&b, "stuntbank %s is ready at %s\n", buildVersion(), base)
	fmt.Fprintf(&b, "It imitates, talks to no real bank, and every person and booking in it is invented.\n")
	row(&b, "look", base+"/")
	for _, man := range s.Providers() {
		fmt.Fprintf(&b, "\n%s\n", man.Title)
		row(&b, "base URL", base+"/"+man.Name+realHost(man))
		for _, name := range slices.Sorted(maps.Keys(man.Samples)) {
			row(&b, name, man.Samples[name]+header(man, name))
		}
		if !man.HasPages() {
			continue // connects by its API alone
		}
		if entry, err := demoWidget(ctx, s, man); err == nil {
			row(&b, "widget", base+entry)
		} else {
			row(&b, "widget", "none: "+err.Error())
		}
	}
	fmt.Fprintf(&b, "\nControl API\n")
	row(&b, "what works", base+"/_stunt/v1/providers")
	row(&b, "journal", base+"/_stunt/v1/journal")
	row(&b, "sent codes", base+"/_stunt/v1/inbox")
	fmt.Fprintf(&b, "\nStop with Ctrl-C.\n")
	io.WriteString(out, b.String())
}

func row(b *strings.Builder, name, value string) { fmt.Fprintf(b, "  %-12s %s\n", name, value) }

// header says where a sample travels that is a credential.
func header(man engine.Manifest, name string) string {
	for _, c := range man.Credentials {
		if c.Name == name {
			return strings.TrimRight("   in the header "+c.Header+", "+c.Use, ", ")
		}
	}
	return ""
}

// realHost names the host that the base URL stands for.
func realHost(man engine.Manifest) string {
	for _, host := range slices.Sorted(maps.Keys(man.Hosts)) {
		if man.Hosts[host] == "" && !strings.HasPrefix(host, "*") {
			return "   in place of https://" + host
		}
	}
	return ""
}

// demoWidget starts a session as an app would, and gives the path of its widget. It
// calls no network: a public URL may lead anywhere, or nowhere yet.
func demoWidget(ctx context.Context, s *engine.Server, man engine.Manifest) (string, error) {
	d := engine.NewDriver("http://localhost", demoSandbox, man)
	d.Client = engine.InProcess(s)
	entry, err := d.Begin(ctx)
	return strings.TrimPrefix(entry, d.Base), err
}
