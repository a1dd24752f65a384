package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// dataFlags say whose bank data a command is about.
type dataFlags struct {
	country, now, opened, account, format string
	seed                                  uint64
	rows                                  int
}

func (f *dataFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.country, "country", "CL", "one of "+strings.Join(bank.Countries(), ", "))
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the data")
	cmd.Flags().StringVar(&f.now, "now", "2026-03-31T15:00:00Z", "the instant of the clock")
	cmd.Flags().StringVar(&f.opened, "opened", "", "first day of the history (default: two years before now)")
}

// world opens the data of a persona. PERSONA may carry its country, as in salaried/de.
func (f *dataFlags) world(persona string) (*bank.World, time.Time, error) {
	name, country, given := strings.Cut(persona, "/")
	if !given {
		country = f.country
	}
	now, err := time.Parse(time.RFC3339, f.now)
	if err != nil {
		return nil, now, fmt.Errorf("--now %q is no instant: write it as 2026-03-31T15:00:00Z", f.now)
	}
	born := bank.DayOf(now)
	opened := bank.DayOf(now.AddDate(-2, 0, 0))
	if f.opened != "" {
		if opened, err = bank.ParseDay(f.opened); err != nil {
			return nil, now, fmt.Errorf("--opened: %w", err)
		}
	}
	holder, institution, err := bank.SampleHolder(name, country, f.seed)
	if err != nil {
		return nil, now, err
	}
	w, err := bank.Open(bank.Source{
		Seed: f.seed, Persona: name, Country: country, Institution: institution, Holder: holder, Opened: opened, Born: born,
	})
	return w, now, err
}

// explainCommand prints a persona with all its defaults.
func explainCommand() *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "explain PERSONA[/COUNTRY]", Short: "Print a persona with all defaults, its income and its newest rows",
		Example: "  stuntbank explain salaried/de\n  stuntbank explain overdrawn --country ES --rows 60", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listPersonas(cmd.OutOrStdout())
			}
			w, now, err := f.world(args[0])
			if err != nil {
				return err
			}
			return printExplanation(cmd.OutOrStdout(), w, now, &f)
		},
	}
	f.bind(cmd)
	cmd.Flags().IntVar(&f.rows, "rows", 15, "newest rows of each account")
	cmd.Flags().StringVar(&f.account, "account", "", "one account only, by its key")
	return cmd
}

func listPersonas(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, p := range bank.Personas() {
		fmt.Fprintf(w, "%s\t%s\n", p.Key, p.Line)
	}
	return w.Flush()
}

func printExplanation(out io.Writer, w *bank.World, now time.Time, f *dataFlags) error {
	e := w.Explain(now)
	p, born := e.Identity, ""
	if p.Born != 0 {
		born = ", born " + p.Born.String()
	}
	fmt.Fprintf(out, "%s/%s: %s\n%s\n\n", e.Persona, strings.ToLower(e.Country), e.Title, e.Line)
	fmt.Fprintf(out, "holder   %s (%s)%s\n         %s, %s %s · %s · %s\n", p.Name, p.NationalID, born, p.Street, p.Zip, p.City, p.Email, p.Phone)
	if p.Job != "" {
		fmt.Fprintf(out, "         %s\n", p.Job)
	}
	if p.Second != "" {
		fmt.Fprintf(out, "and      %s\n", p.Second)
	}
	for _, c := range e.Changes {
		fmt.Fprintf(out, "change   %s\n", c)
	}
	printIncome(out, &e.Income)
	for i := range e.Accounts {
		a := &e.Accounts[i]
		if f.account != "" && f.account != a.Account.Key {
			continue
		}
		if err := printAccount(out, w, a, now, f.rows); err != nil {
			return err
		}
	}
	return nil
}

func printIncome(out io.Writer, r *bank.IncomeReport) {
	money := func(n int64) string { return bank.FormatAmount(n, r.Currency) }
	fmt.Fprintf(out, "\nincome   %s %s in %s to %s; a month: mean %s, median %s, low %s, high %s\n", money(r.Total), r.Currency, r.Since, r.Until,
		money(r.Mean), money(r.Median), money(r.Low), money(r.High))
	for i, s := range r.Streams {
		mark := " "
		if i == r.Primary {
			mark = "*"
		}
		state := "ended"
		if s.Active {
			state = "active"
		}
		fmt.Fprintf(out, "       %s %s, %s: %d × %s (%s), %s, confidence %d %s", mark, s.Party, s.Kind, s.Count, money(s.Mean), s.Cadence, state, s.Confidence, s.Grade)
		if s.MonthlyGross > 0 {
			fmt.Fprintf(out, ", gross about %s", money(s.MonthlyGross))
		}
		fmt.Fprintln(out)
	}
}

func printAccount(out io.Writer, w *bank.World, a *bank.AccountExplanation, now time.Time, rows int) error {
	x := &a.Account
	money := func(n int64) string { return bank.FormatAmount(n, x.Currency) }
	fmt.Fprintf(out, "\n%s: %s %s, %s\n  balance %s, available %s, limit %s; %d rows, %d pending\n", x.Key, x.OfficialName, x.Number, x.Currency,
		money(a.Balance.Current), money(a.Balance.Available), money(a.Balance.Limit), a.Rows, a.Pending)
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, r := range a.Rules {
		amount := money(r.Amount)
		if r.Settles {
			amount = "what the rest came to"
		} else if r.Gross > 0 {
			amount += " (gross " + money(r.Gross) + ")"
		} else if r.Swing > 0 {
			amount += fmt.Sprintf(" ±%d.%d %%", r.Swing/10, r.Swing%10)
		}
		fmt.Fprintf(t, "  rule\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Kind, amount, r.Schedule, r.Party)
	}
	for _, h := range a.Habits {
		fmt.Fprintf(t, "  habit\t%s\t%s\tabout %s\t%d.%d a month\t\n", h.Name, h.Kind, money(h.Median), h.PerMonth/1000, h.PerMonth%1000/100)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	book, _ := w.Book(x.Key)
	for _, r := range append(book.Pending(now), book.Page(now, bank.Range{}, 0, rows, nil)...) {
		balance := money(r.Balance)
		if r.Pending {
			balance = "pending"
		}
		text := r.Description
		if r.Booking != "" {
			text = r.Booking + " · " + text
		}
		if o := r.Original; o != nil {
			text += fmt.Sprintf(" (%s %s at %s)", bank.FormatAmount(o.Amount, o.Currency), o.Currency, o.Rate)
		}
		fmt.Fprintf(t, "  %s\t%12s\t%14s\t%s\n", r.Posted, money(r.Amount), balance, text)
	}
	return t.Flush()
}

// exportCommand writes generated rows as a fixture.
func exportCommand() *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "export PERSONA[/COUNTRY]", Short: "Write generated data as a fixture: YAML of the whole persona, or CSV of one account",
		Example: "  stuntbank export salaried/de > lena.yaml\n  stuntbank export business/es --format csv --account main", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, now, err := f.world(args[0])
			if err != nil {
				return err
			}
			return export(cmd.OutOrStdout(), args[0], w, now, &f)
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVar(&f.format, "format", "yaml", "yaml or csv")
	cmd.Flags().StringVar(&f.account, "account", "main", "the account of a CSV, by its key")
	cmd.Flags().IntVar(&f.rows, "rows", 0, "newest rows of each account (default: all)")
	return cmd
}

func export(out io.Writer, name string, w *bank.World, now time.Time, f *dataFlags) error {
	limit := f.rows
	if limit <= 0 {
		limit = 1 << 30
	}
	rows := map[string][]bank.Transaction{}
	var keys []string
	for _, a := range w.AccountsAt(now) {
		book, _ := w.Book(a.Key)
		keys = append(keys, a.Key)
		rows[a.Key] = book.Page(now, bank.Range{}, 0, limit, nil)
	}
	switch f.format {
	case "yaml":
		return bank.WriteYAML(out, strings.ReplaceAll(name, "/", "-"), w, rows)
	case "csv":
		list, ok := rows[f.account]
		if !ok {
			return fmt.Errorf("the persona has no account %q: use one of %s", f.account, strings.Join(keys, ", "))
		}
		return bank.WriteCSV(out, list)
	}
	return fmt.Errorf("--format %q is unknown: use yaml or csv", f.format)
}

// verifyCommand recomputes the published hashes on this machine.
func verifyCommand() *cobra.Command {
	var identifiers int
	cmd := &cobra.Command{
		Use: "verify", Short: "Recompute the published hashes of all personas on this machine", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if identifiers > 0 {
				bank.SampleIdentifiers(identifiers, func(kind, text string) { fmt.Fprintf(out, "%s\t%s\n", kind, text) })
				return nil
			}
			bad := 0
			for _, g := range bank.Golden() {
				got, err := g.Recompute()
				if err != nil {
					return err
				}
				word := "ok"
				if got != g.Hash {
					word, bad = "DIFFERS: "+got, bad+1
				}
				fmt.Fprintf(out, "%s/%s\t%s\t%s\n", g.Persona, strings.ToLower(g.Country), g.Hash, word)
			}
			if bad > 0 {
				return fmt.Errorf("%d of the hashes differ: this build does not serve the bytes of data version %d; please report it", bad, bank.Version)
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&identifiers, "identifiers", 0, "print so many identifiers of each kind instead, for a validator of yours")
	return cmd
}
