// Command stuntbank is a stunt double for bank-data providers: one server that imitates
// their APIs and hosted pages, and what a terminal needs to look into it.
//
//	main ── Execute ─┬─ serve      load settings → open store → build → listen
//	                 ├─ health     wait for a server
//	                 ├─ why        ask a server why it answered a call as it did
//	                 ├─ providers  what is imitated, and how faithfully
//	                 ├─ scenarios  list, show, and the schema for editors
//	                 ├─ validate   check scenario files
//	                 ├─ test       play what scenarios expect
//	                 ├─ explain, export, verify   bank data
//	                 └─ version
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stuntbank/stuntbank/scenarios"
	"strings"
)

// version is set by the linker for releases.
var version = ""

func main() {
	if err := root().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "stuntbank:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stuntbank",
		Short: "A stunt double for bank-data providers",
		Long: "Stuntbank imitates bank-data providers on your machine: endpoints, hosted widget pages,\n" +
			"second factors, token lifetimes and realistic invented data. It never talks to a real bank.\n\n" +
			"Start with: stuntbank serve",
		SilenceUsage: true, SilenceErrors: true,
	}
	cmd.SetFlagErrorFunc(unknownFlag)
	cmd.AddCommand(serveCommand(), healthCommand(), whyCommand(), providersCommand(), scenariosCommand(), validateCommand(),
		testCommand(), explainCommand(), exportCommand(), verifyCommand(), versionCommand())
	return cmd
}

// unknownFlag adds the flag that was probably meant, and where all are listed.
func unknownFlag(cmd *cobra.Command, err error) error {
	hint := "`" + cmd.CommandPath() + " --help` lists the flags"
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if near := scenarios.Nearest(name, known); near != "" {
			hint = "did you mean --" + near + "? " + hint
		}
	}
	return fmt.Errorf("%w (%s)", err, hint)
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "stuntbank", buildVersion()) },
	}
}

// buildVersion is the release's, or what the build knows of its source.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
