package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// validateCommand reads scenario files as serve would, and says everything that is wrong
// or doubtful in them.
func validateCommand() *cobra.Command {
	var asJSON, strict bool
	cmd := &cobra.Command{
		Use: "validate [FILE|FOLDER]...", Short: "Check scenario files",
		Long: "Check scenario files: every key and name, what they use of each other, and which providers they apply to.\n" +
			"Without a file the scenarios in the program are checked. It ends with 1 when something is wrong.",
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := validate(args)
			if err != nil {
				return err
			}
			if asJSON {
				err = report.writeJSON(cmd.OutOrStdout())
			} else {
				report.write(cmd.OutOrStdout())
			}
			return errors.Join(err, report.verdict(strict))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write a JSON object, for editors and CI")
	cmd.Flags().BoolVar(&strict, "strict", false, "end with 1 for a warning, too")
	return cmd
}

// validation is what came of a check.
type validation struct {
	Scenarios []validScenario `json:"scenarios"`
	Problems  []finding       `json:"problems"`
	files     int
}

type validScenario struct {
	Name      string            `json:"name"`
	File      string            `json:"file"`
	AppliesTo []string          `json:"applies_to"`
	NotTo     map[string]string `json:"not_to"` // provider -> why not
}

type finding struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Severity   string `json:"severity"` // error, warning
	Code       string `json:"code"`
	Found      string `json:"found"`
	Expected   string `json:"expected"`
	Suggestion string `json:"suggestion,omitempty"`
	Help       string `json:"help"`

	line string
}

func newFinding(e *scenarios.Error) finding {
	f := finding{
		File: e.File, Line: e.Line, Column: e.Column, Severity: "error", Code: e.Code, Found: e.Found, Expected: e.Expected,
		Suggestion: e.Suggestion, Help: scenarios.Help(e.Code), line: e.Error(),
	}
	if e.Warning() {
		f.Severity = "warning"
	}
	return f
}

// validate checks files and folders. The error is about what cannot be read at all.
func validate(paths []string) (validation, error) {
	v := validation{Scenarios: []validScenario{}, Problems: []finding{}}
	vocabulary := engine.Vocabulary(mocks.All())
	sources, err := readScenarios(paths)
	if err != nil {
		return v, err
	}
	v.files = len(sources)
	library, err := scenarios.Bundled(vocabulary)
	if err != nil {
		return v, err
	}
	if len(paths) > 0 {
		if library, err = library.Load(sources...); err == nil {
			err = engine.CheckData(mocks.All(), library)
		}
	}
	var list scenarios.ErrorList
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			v.Problems = append(v.Problems, newFinding(e))
		}
		return v, nil
	case err != nil:
		return v, err
	}
	for _, s := range library.List() {
		if s.Bundled != (len(paths) == 0) {
			continue
		}
		names, why := s.AppliesTo(vocabulary)
		v.Scenarios = append(v.Scenarios, validScenario{s.Name, s.File, append([]string{}, names...), why})
		for _, w := range s.Warnings {
			v.Problems = append(v.Problems, newFinding(w))
		}
	}
	return v, nil
}

// readScenarios reads files, and the scenario files of folders.
func readScenarios(paths []string) (all []scenarios.Source, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: there is no such file or folder", path)
		case err != nil:
			return nil, err
		case !info.IsDir():
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			all = append(all, scenarios.Source{File: path, Data: data, Dir: os.DirFS(filepath.Dir(path))})
			continue
		}
		sources, err := scenarios.Files(os.DirFS(path), path)
		if err != nil {
			return nil, err
		}
		if len(sources) == 0 {
			return nil, fmt.Errorf("%s: there is no *.yaml file in this folder", path)
		}
		all = append(all, sources...)
	}
	return all, nil
}

func (v validation) write(w io.Writer) {
	for _, s := range v.Scenarios {
		fmt.Fprintf(w, "%s: %s applies to %s\n", s.File, s.Name, orNone(s.AppliesTo))
	}
	for _, p := range v.Problems {
		fmt.Fprintf(w, "%s\n\t%s: %s\n", p.line, p.Severity, p.Help)
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no provider here"
	}
	return strings.Join(names, ", ")
}

func (v validation) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// verdict is the error that makes the program end with 1.
func (v validation) verdict(strict bool) error {
	count := map[string]int{}
	for _, p := range v.Problems {
		count[p.Severity]++
	}
	switch {
	case count["error"] > 0:
		return fmt.Errorf("%s, %s", plural(count["error"], "error"), plural(count["warning"], "warning"))
	case strict && count["warning"] > 0:
		return fmt.Errorf("%s, which --strict takes for errors", plural(count["warning"], "warning"))
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
