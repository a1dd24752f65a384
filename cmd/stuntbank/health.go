package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthCommand asks a server whether it is ready; --wait makes it patient. It is the
// health check of a container that has nothing but this binary.
func healthCommand() *cobra.Command {
	var url string
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "health", Short: "Ask a running server whether it is ready", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("url") {
				url = usualURL()
			}
			body, err := health(cmd.Context(), serverURL(url), wait)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), body)
			return nil
		},
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "base URL of the server (STUNTBANK_URL, or the port of STUNTBANK_LISTEN)")
	cmd.Flags().DurationVar(&wait, "wait", 0, "how long to wait for it, 10s for example")
	return cmd
}

// serverURL is a server's base URL as somebody wrote it, with the scheme that may be left
// out.
func serverURL(text string) string {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	return strings.TrimRight(text, "/")
}

// usualURL is where the server of this environment is: STUNTBANK_URL, or the port of
// STUNTBANK_LISTEN on this machine, as in a container that has only this binary.
func usualURL() string {
	if v, _ := lookupEnv("STUNTBANK_URL"); v != "" {
		return v
	}
	if v, _ := lookupEnv("STUNTBANK_LISTEN"); v != "" {
		if _, port, err := net.SplitHostPort(v); err == nil && port != "0" {
			return "http://127.0.0.1:" + port
		}
	}
	return "http://127.0.0.1:8080"
}

func health(ctx context.Context, base string, wait time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, max(wait, 5*time.Second))
	defer cancel()
	until := time.Now().Add(wait)
	for {
		body, err := get(ctx, strings.TrimRight(base, "/")+"/_stunt/v1/health")
		if err == nil || time.Now().After(until) || ctx.Err() != nil {
			return body, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// get fetches a small answer of the control API.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	if token, ok := lookupEnv("STUNTBANK_CONTROL_TOKEN"); ok {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("no server answers at %s: start one with `stuntbank serve`, or name another with --url (%w)", url, errors.Unwrap(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %.200s", url, res.Status, body)
	}
	return string(body), err
}
