package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// providersCommand lists what is imitated: routes with their fidelity, and the options.
func providersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "providers [NAME]", Short: "List what is imitated, how faithfully, and the options", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			var names []string
			found := false
			for _, p := range mocks.All() {
				man := p.Manifest()
				names = append(names, man.Name)
				if len(args) == 1 && args[0] != man.Name {
					continue
				}
				found = true
				if err := printProvider(w, p, man); err != nil {
					return err
				}
			}
			if !found {
				return fmt.Errorf("no provider is called %q: use one of %s", args[0], strings.Join(names, ", "))
			}
			return w.Flush()
		},
	}
}

func printProvider(w *tabwriter.Writer, p engine.Provider, man engine.Manifest) error {
	routes, err := man.Routes()
	if err != nil {
		return err
	}
	declined := p.Declined()
	fmt.Fprintf(w, "%s (%s)\n\n", man.Title, man.Name)
	fmt.Fprintln(w, "METHOD\tPATH\tOPERATION\tFIDELITY\tSERVED")
	for _, r := range routes {
		served := "yes"
		if why := declined[r.ID]; why != "" {
			served = "no: " + why
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Method, r.Path, cmp.Or(strings.Join(r.Canonical(), ", "), "-"), r.Fidelity, served)
	}
	fmt.Fprintln(w, "\nOPTION\tVALUES\tDEFAULT\tFIDELITY\tMEANING")
	for _, o := range man.Options {
		values := strings.Join(o.Values, " | ")
		if values == "" {
			values = cmp.Or(o.Form, string(o.Type))
		}
		fmt.Fprintf(w, "%s.%s\t%s\t%s\t%s\t%s\n", man.Name, o.Name, values, o.Default, o.Fidelity, o.Help)
	}
	fmt.Fprintln(w)
	return nil
}

// scenariosCommand lists and shows scenarios.
func scenariosCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "scenarios", Short: "List and show scenarios, and their schema"}
	cmd.PersistentFlags().StringVar(&dir, "scenarios", "", "folder with scenarios of your own (*.yaml)")
	library := func() (*scenarios.Library, error) { return loadScenarios(mocks.All(), dir) }
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the scenarios by name", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := library()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			vocabulary := engine.Vocabulary(mocks.All())
			for _, s := range l.List() {
				names, _ := s.AppliesTo(vocabulary)
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, cmp.Or(strings.Join(names, ", "), "-"), s.Title)
			}
			return w.Flush()
		},
	}, &cobra.Command{
		Use: "show NAME", Short: "Say what a scenario does and where it applies, and show its file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := library()
			if err != nil {
				return err
			}
			s, ok := l.Get(args[0])
			if !ok {
				return l.Unknown(args[0])
			}
			names, why := s.AppliesTo(engine.Vocabulary(mocks.All()))
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: %s\n\n%s\n\nfile        %s\napplies to  %s\n", s.Name, s.Title, strings.TrimSpace(s.About), s.File, orNone(names))
			for _, name := range slices.Sorted(maps.Keys(why)) {
				fmt.Fprintf(out, "not to      %s: %s\n", name, why[name])
			}
			played := s.Name
			if dir != "" {
				played += " --scenarios " + dir
			}
			fmt.Fprintf(out, "expects     %s, played by `stuntbank test %s`\n\n%s", plural(len(s.Expect), "step"), played, s.Text())
			return nil
		},
	}, &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of scenario files, for editors", Args: cobra.NoArgs,
		Long: "Print the JSON Schema of scenario files. With the first line below, editors with a YAML language server complete\n" +
			"and check a file while it is written:\n\n\t# yaml-language-server: $schema=./scenario.schema.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(scenarios.Schema(engine.Vocabulary(mocks.All())))
			return err
		},
	})
	return cmd
}
