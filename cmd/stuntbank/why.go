package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// whyCommand asks a running server why a call was answered as it was.
func whyCommand() *cobra.Command {
	var base string
	cmd := &cobra.Command{
		Use: "why REQUEST", Short: "Say why a call was answered as it was", Args: oneRequest,
		Long: "Say why a call was answered as it was: by which scenario and rule, at what time of the sandbox, and what came of it.\n\n" +
			"REQUEST is the header Stunt-Request of the answer, ci42-7 for example. It asks a running server, and its journal\n" +
			"forgets: what is old makes room, a sandbox that is reset or deleted takes its entries with it, and a server that is\n" +
			"started again begins a new journal, with other numbers.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("url") {
				base = usualURL()
			}
			return why(cmd.Context(), cmd.OutOrStdout(), serverURL(base), args[0])
		},
	}
	cmd.Flags().StringVar(&base, "url", "http://127.0.0.1:8080", "base URL of the server (STUNTBANK_URL, or the port of STUNTBANK_LISTEN)")
	return cmd
}

// oneRequest asks for the id of a call.
func oneRequest(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("name one call, by the header Stunt-Request of its answer: stuntbank why default-7")
	}
	return nil
}

// entry is what why needs of the control API's journal entry.
type entry struct {
	ID          string   `json:"id"`
	Cause       string   `json:"cause"`
	Kind        string   `json:"kind"`
	At          string   `json:"at"`
	Took        int64    `json:"took_us"`
	Provider    string   `json:"provider"`
	Operation   string   `json:"operation"`
	Also        []string `json:"also"`
	OperationID string   `json:"operation_id"`
	Method      string   `json:"method"`
	Path        string   `json:"path"`
	Query       string   `json:"query"`
	Status      int      `json:"status"`
	Session     string   `json:"session"`
	Connection  string   `json:"connection"`
	Why         struct {
		Scenario string `json:"scenario"`
		Layer    string `json:"layer"`
		Rule     string `json:"rule"`
		Call     int    `json:"call"`
		Attempt  string `json:"attempt"`
		Draws    string `json:"draws"`
		Waited   int64  `json:"waited_ms"`
		Injected bool   `json:"injected"`
		Problem  string `json:"problem"`
		Detail   string `json:"detail"`
	} `json:"why"`
	Notes []string `json:"notes"`
	Did   []struct {
		What    string `json:"what"`
		Subject string `json:"subject"`
		Detail  string `json:"detail"`
	} `json:"did"`
}

func why(ctx context.Context, out io.Writer, base, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var e entry
	if err := getJSON(ctx, base+"/_stunt/v1/journal/"+url.PathEscape(id), &e); err != nil {
		return err
	}
	sandbox := e.ID[:max(0, strings.LastIndexByte(e.ID, '-'))]
	var then struct {
		Entries []entry `json:"entries"`
	}
	if err := getJSON(ctx, base+"/~"+sandbox+"/_stunt/v1/journal?cause="+url.QueryEscape(e.ID), &then); err != nil {
		return err
	}
	var b strings.Builder
	e.explain(&b, sandbox)
	for _, next := range then.Entries {
		row(&b, "then", next.short())
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// getJSON fetches an answer of the control API; its errors are in the API's own words.
func getJSON(ctx context.Context, url string, into any) error {
	body, err := get(ctx, url)
	if err != nil {
		var said struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if json.Unmarshal([]byte(body), &said) == nil && said.Error.Message != "" {
			return fmt.Errorf("%s", said.Error.Message)
		}
		return err
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("%s is no Stuntbank of this version: %w", url, err)
	}
	return nil
}

// explain says in plain words what happened and why.
func (e entry) explain(b *strings.Builder, sandbox string) {
	fmt.Fprintf(b, "%s  %s\n", e.ID, e.short())
	row(b, "sandbox", fmt.Sprintf("%s, whose clock showed %s", sandbox, e.At))
	if e.Operation != "" || e.OperationID != "" {
		row(b, "operation", strings.TrimSpace(e.Provider+" "+strings.Join(append([]string{cmp.Or(e.Operation, e.OperationID)}, e.Also...), ", ")))
	}
	row(b, "because", e.because())
	if e.Why.Draws != "" {
		row(b, "drawn", e.Why.Draws)
	}
	if e.Why.Waited > 0 {
		row(b, "waited", (time.Duration(e.Why.Waited) * time.Millisecond).String())
	}
	if e.Why.Problem != "" {
		row(b, "problem", e.Why.Problem)
	}
	if e.Why.Detail != "" && e.Why.Detail != e.Why.Problem {
		row(b, "in words", e.Why.Detail)
	}
	if e.Session != "" {
		row(b, "session", e.Session)
	}
	if e.Connection != "" {
		row(b, "connection", e.Connection)
	}
	if e.Cause != "" {
		row(b, "set off by", e.Cause)
	}
	for _, note := range e.Notes {
		row(b, "note", note)
	}
	for _, d := range e.Did {
		row(b, "did", strings.TrimSpace(d.What+" "+d.Subject+" "+d.Detail))
	}
}

// short is an entry in one line.
func (e entry) short() string {
	if e.Method == "" {
		return strings.TrimSpace(e.ID + " " + e.Kind + ": " + strings.Join(e.Notes, "; "))
	}
	target := e.Path
	if e.Query != "" {
		target += "?" + e.Query
	}
	return fmt.Sprintf("%s %s -> %d in %s", e.Method, target, e.Status, time.Duration(e.Took)*time.Microsecond)
}

// because names who decided the answer.
func (e entry) because() string {
	switch {
	case e.Why.Rule != "":
		text := "the " + e.Why.Rule
		if e.Why.Injected {
			text = "a scripted fault: " + e.Why.Rule
		}
		if e.Why.Call > 0 {
			text += fmt.Sprintf(", at call %d", e.Why.Call)
		}
		return text
	case e.Why.Attempt != "":
		return fmt.Sprintf("the scenario %s, chosen by the %s, at %s", e.Why.Scenario, e.Why.Layer, e.Why.Attempt)
	case e.Method == "" && e.Kind == "task":
		return e.task()
	case e.Method == "":
		return "somebody asked for it, or the simulator itself has something to say"
	case e.Why.Problem != "":
		return "no rule of a scenario interfered with this call: the provider would refuse it, as things stand"
	}
	return "no rule of a scenario interfered with this call: this is the usual answer"
}

// task says why something happened by itself.
func (e entry) task() string {
	for _, d := range e.Did {
		if d.What == "timeline.kept" {
			return "the timeline of a scenario had come to it: " + d.Detail
		}
	}
	return "its time had come, by the sandbox's clock"
}
