package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/rehearsal"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// rehearsing is how `test` is to run.
type rehearsing struct {
	dir, filter, provider, junit string
	coverage, verbose            bool
	parallel                     int
}

// testCommand plays what scenarios expect, on every provider they apply to.
func testCommand() *cobra.Command {
	var r rehearsing
	cmd := &cobra.Command{
		Use: "test [NAME|FILE|FOLDER]...", Short: "Play what scenarios expect",
		Long: "Play the `expect:` of scenarios on every provider that they apply to: over HTTP, under virtual time, each in a\n" +
			"sandbox of its own. A name is that of a scenario in the program or in --scenarios; without any, all are played.\n" +
			"A case is played as far as the provider has what its steps take, and a line says where it is left. It ends with 1 when\n" +
			"one does not hold.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.run(cmd.Context(), args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.dir, "scenarios", "", "folder with scenarios of your own (*.yaml)")
	f.StringVar(&r.filter, "filter", "", "only cases whose name, such as \"happy on fintoc\", matches this regular expression")
	f.StringVar(&r.provider, "provider", "", "only this provider")
	f.StringVar(&r.junit, "junit", "", "file that gets the results as JUnit XML")
	f.BoolVar(&r.coverage, "coverage", false, "say which transitions, problems and operations were exercised, and which not")
	f.BoolVarP(&r.verbose, "verbose", "v", false, "one line for each case, also for those that hold")
	f.IntVar(&r.parallel, "parallel", 4*runtime.GOMAXPROCS(0), "how many cases are played at a time")
	return cmd
}

// played is a case and how it went.
type played struct {
	rehearsal.Result
	took time.Duration
	err  error
}

func (r rehearsing) run(ctx context.Context, args []string, out io.Writer) error {
	library, chosen, err := r.choose(args)
	if err != nil {
		return err
	}
	coverage := rehearsal.NewCoverage()
	stage, stop, err := r.stage(library, coverage)
	if err != nil {
		return err
	}
	defer stop()
	cases, err := r.cases(stage, chosen)
	if err != nil {
		return err
	}
	if len(args) > 0 { // of those that were not asked for by name, most apply to some provider only
		for _, line := range r.apart(stage, chosen) {
			fmt.Fprintln(out, "apart ", line)
		}
	}
	begin := time.Now()
	results := r.play(ctx, stage, cases, progress(out, len(cases)))
	failed, skipped, part := 0, 0, 0
	for _, p := range results {
		switch {
		case p.err != nil:
			return p.err
		case p.Untestable() != "":
			skipped++
		case p.Miss != nil:
			failed++
		case p.Rest() != "":
			part++
		}
		coverage.Add(p.Result)
		r.write(out, p)
	}
	fmt.Fprintf(out, "%s, %d failed, %d skipped, %d held in part, in %s\n", plural(len(results), "case"), failed, skipped, part, time.Since(begin).Round(time.Millisecond))
	if r.coverage {
		r.writeCoverage(out, stage, coverage)
	}
	if r.junit != "" {
		if err := writeJUnit(r.junit, results); err != nil {
			return fmt.Errorf("--junit: %w", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%s of %d did not hold", plural(failed, "case"), len(results))
	}
	return nil
}

// choose gives the library to play with and the scenarios that were asked for.
func (r rehearsing) choose(args []string) (*scenarios.Library, []*scenarios.Scenario, error) {
	library, err := loadScenarios(mocks.All(), r.dir)
	if err != nil {
		return nil, nil, err
	}
	var names, paths []string
	for _, arg := range args {
		if _, ok := library.Get(arg); ok {
			names = append(names, arg)
		} else if _, err := os.Stat(arg); err == nil {
			paths = append(paths, arg)
		} else {
			return nil, nil, fmt.Errorf("%q is no file and no folder, and %w", arg, library.Unknown(arg))
		}
	}
	sources, err := readScenarios(paths)
	if err != nil {
		return nil, nil, err
	}
	known := library.Names()
	if library, err = library.Load(sources...); err != nil {
		return nil, nil, err
	}
	if err := engine.CheckData(mocks.All(), library); err != nil {
		return nil, nil, err
	}
	var chosen []*scenarios.Scenario
	for _, s := range library.List() {
		if len(args) == 0 || slices.Contains(names, s.Name) || !slices.Contains(known, s.Name) {
			chosen = append(chosen, s)
		}
	}
	return library, chosen, nil
}

// stage starts a server on loopback that waits for nothing.
func (r rehearsing) stage(library *scenarios.Library, coverage *rehearsal.Coverage) (*rehearsal.Stage, func(), error) {
	s, err := engine.New(engine.Config{
		Providers: append(mocks.All(), control.New()), Store: memory.New(), Scenarios: library, Contract: openapi.Full,
		Sleep: func(context.Context, time.Duration) error { return nil }, Watch: coverage.Took, Version: buildVersion(),
	})
	if err != nil {
		return nil, nil, err
	}
	widget.Mount(s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go srv.Serve(l)
	return &rehearsal.Stage{
		Base: "http://" + l.Addr().String(), Vocabulary: s.Vocabulary(), Providers: s.Providers(),
		// A line that was cut must not be taken for one that was idle, and tried again.
		Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Clock:  time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC), Signature: s.CheckSignature, Answer: s.AnswerCall,
	}, func() { srv.Close() }, nil
}

func (r rehearsing) cases(stage *rehearsal.Stage, chosen []*scenarios.Scenario) ([]rehearsal.Case, error) {
	filter, err := regexp.Compile(r.filter)
	if err != nil {
		return nil, fmt.Errorf("--filter: %w", err)
	}
	var names []string
	for _, man := range stage.Providers {
		names = append(names, man.Name)
	}
	if r.provider != "" && !slices.Contains(names, r.provider) {
		return nil, fmt.Errorf("--provider %s: use one of %s", r.provider, strings.Join(names, ", "))
	}
	cases := slices.DeleteFunc(stage.Cases(chosen), func(c rehearsal.Case) bool {
		return !filter.MatchString(c.Name()) || r.provider != "" && r.provider != c.Provider.Name
	})
	if len(cases) == 0 {
		said := "the scenarios that were asked for have no `expect:`, apply to no provider here, or are filtered out"
		if lines := r.apart(stage, chosen); len(lines) > 0 && len(chosen) < 10 {
			said = strings.Join(lines, "; ")
		}
		return nil, errors.New("there is nothing to play: " + said)
	}
	return cases, nil
}

// apart says of each chosen scenario on which of the chosen providers it is not played, and why.
func (r rehearsing) apart(stage *rehearsal.Stage, chosen []*scenarios.Scenario) (lines []string) {
	for _, sc := range chosen {
		_, why := sc.AppliesTo(stage.Vocabulary)
		for _, provider := range slices.Sorted(maps.Keys(why)) {
			if r.provider == "" || r.provider == provider {
				lines = append(lines, sc.Name+" is not played on "+provider+", for "+why[provider])
			}
		}
		if len(sc.Expect) == 0 {
			lines = append(lines, sc.Name+" has no `expect:`")
		}
	}
	return lines
}

// play plays the cases, some at a time, and gives the results in their order.
func (r rehearsing) play(ctx context.Context, stage *rehearsal.Stage, cases []rehearsal.Case, done func()) []played {
	results := make([]played, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(r.parallel, len(cases))) {
		workers.Go(func() {
			for i := range next {
				begin := time.Now()
				results[i] = played{Result: rehearsal.Result{Case: cases[i]}}
				if cases[i].Untestable() == "" {
					results[i].Result, results[i].err = stage.Play(ctx, cases[i])
				}
				results[i].took = time.Since(begin)
				done()
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// progress counts on a terminal, and is silent elsewhere.
func progress(out io.Writer, total int) func() {
	f, ok := out.(*os.File)
	if !ok {
		return func() {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func() {}
	}
	var mu sync.Mutex
	n := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		n++
		fmt.Fprintf(f, "\r%d/%d", n, total)
		if n == total {
			fmt.Fprint(f, "\r         \r")
		}
	}
}

// write tells of a case: a line, and what was expected and seen if it did not hold.
func (r rehearsing) write(out io.Writer, p played) {
	switch {
	case p.Untestable() != "":
		fmt.Fprintf(out, "skip  %s: %s\n", p.Name(), p.Rest())
	case p.Miss == nil && p.Rest() != "":
		fmt.Fprintf(out, "part  %s, %d of %s; left at %s\n", p.Name(), p.Held, plural(len(p.Scenario.Expect), "step"), p.Rest())
	case p.Miss == nil && r.verbose:
		fmt.Fprintf(out, "ok    %s, %s\n", p.Name(), plural(p.Held, "step"))
	case p.Miss != nil:
		m := p.Miss
		fmt.Fprintf(out, "FAIL  %s\n      %s:%d: %s\n      - expected %s\n      + seen     %s\n", p.Name(), m.File, m.Line, m.Did, m.Expected, m.Seen)
		if m.Why != "" {
			fmt.Fprintf(out, "      why: %s\n", m.Why)
		}
	}
}

func (r rehearsing) writeCoverage(out io.Writer, stage *rehearsal.Stage, coverage *rehearsal.Coverage) {
	for _, man := range stage.Providers {
		if r.provider != "" && r.provider != man.Name {
			continue
		}
		c := coverage.Of(man, stage.Vocabulary.Providers[man.Name].Operations...)
		fmt.Fprintf(out, "\n%s\n", man.Title)
		fmt.Fprintf(out, "  transitions  %d of %d, %.0f %%\n", len(c.Taken), len(c.Taken)+len(c.Missing), 100*c.Share())
		for _, edge := range c.Missing {
			fmt.Fprintf(out, "    missing    %s\n", edge)
		}
		fmt.Fprintf(out, "  problems     %d of %d; missing: %s\n", len(c.Problems), len(c.Problems)+len(c.Unmet), orNothing(c.Unmet))
		fmt.Fprintf(out, "  operations   %d of %d; missing: %s\n", len(c.Calls), len(c.Calls)+len(c.Uncalled), orNothing(c.Uncalled))
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
