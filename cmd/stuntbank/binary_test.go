package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stuntbank": main})
}

// The command line, as its users type it.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

// binary builds the program once, as it is released.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "stuntbank")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "stuntbank")
	cmd := exec.Command("go", "build", "-tags", "nomsgpack", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// started runs the built binary on a free port until the test ends, and gives its base
// URL. It stops the server as a terminal does and wants a clean end.
func started(t *testing.T, args ...string) string {
	t.Helper()
	cmd, base := launched(t, args...)
	t.Cleanup(func() {
		keptItsWord(t, base)
		stopped(t, cmd)
	})
	return base
}

// keptItsWord looks whether the server broke a document of ours in an answer, a message, a
// redirect or a webhook: its metrics count what it logs of that.
func keptItsWord(t *testing.T, base string) {
	t.Helper()
	res, err := http.Get(base + "/_stunt/metrics")
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), "stuntbank_requests_total") {
		t.Errorf("the metrics are %.200s: %v", body, err)
	}
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "stuntbank_violations_total{") && !strings.Contains(line, `side="request"`) {
			t.Errorf("the server broke its own document: %s", line)
		}
	}
}

// stopped ends a server as a terminal does.
func stopped(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server did not stop cleanly: %v", err)
	}
}

// launched runs the built binary on a free port and gives its base URL. The caller ends
// it.
func launched(t *testing.T, args ...string) (*exec.Cmd, string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	pipe, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--contract", "full"}, args...)...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	t.Cleanup(func() { pipe.Close() })
	var base string
	buf := make([]byte, 16<<10)
	for text := ""; !strings.Contains(text, "Stop with Ctrl-C"); {
		n, err := pipe.Read(buf)
		text += string(buf[:n])
		if err != nil {
			cmd.Wait()
			t.Fatalf("the server printed %q and ended: %v", text, err)
		}
		if _, rest, ok := strings.Cut(text, "is ready at "); ok {
			base, _, _ = strings.Cut(rest, "\n")
		}
	}
	return cmd, base
}

// The widget that serve prints opens at once.
func TestServePrintsAWidgetThatOpens(t *testing.T) {
	t.Parallel()
	base := started(t)
	for _, p := range mocks.All() {
		man := p.Manifest()
		if !man.HasPages() {
			continue
		}
		entry, err := engine.NewDriver(base, "again", man).Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(entry)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", entry, res.Status)
		}
	}
}

// needed runs a test where its tool is there, must run in CI, and says why it does not
// run elsewhere.
func needed(t *testing.T, what string, missing bool) {
	t.Helper()
	if !missing {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: .ci/run installs it", what)
	}
	t.Skipf("%s is missing: see what .ci/run installs", what)
}

// The provider's own published client, unchanged but for its base URL.
func TestFintocClient(t *testing.T) {
	t.Parallel()
	run := client(t, "fintoc", "fintoc.mjs")
	base := started(t)
	man := mocks.All()[0].Manifest()
	var tokens []string
	for _, user := range []string{"41614850-3", "40427672-7"} {
		d := engine.NewDriver(base, "client", man)
		d.Vars["username"] = user
		if _, err := d.Call(context.Background(), "exchangeLink"); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, d.Vars["link_token"])
	}
	run(append([]string{base + "/fintoc", "sk_test_client~client"}, tokens...)...)
}

// A published client, unchanged but for its host option.
func TestFlinksClient(t *testing.T) {
	t.Parallel()
	run := client(t, "@rizwannur/flinks", "flinks.mjs")
	run(started(t) + "/flinks")
}

// The script of each guide runs as it stands there: each call answers the status that is
// written behind it.
func TestFlinksGuide(t *testing.T) {
	t.Parallel()
	runGuide(t, "flinks", 25)
}

func TestFinXGuide(t *testing.T) {
	t.Parallel()
	runGuide(t, "finx", 40)
}

// runGuide runs the first script of a guide, which has at least so many calls.
func runGuide(t *testing.T, name string, least int) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	needed(t, "bash", err != nil)
	_, err = exec.LookPath("curl")
	needed(t, "curl", err != nil)
	text, err := os.ReadFile("../../web/docs/" + name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(text), "```sh\n")
	script, _, _ = strings.Cut(script, "```")
	var want []string
	for line := range strings.Lines(script) {
		if strings.Contains(line, "curl ") {
			want = append(want, line[strings.LastIndex(line, "# ")+2:])
		}
	}
	const spy = "set -eu\ncurl() { command curl -w '%{stderr}%{http_code}\\n' \"$@\"; }\n"
	cmd := exec.Command(bash, "-c", spy+strings.ReplaceAll(script, "http://127.0.0.1:8080", started(t)))
	cmd.Dir = t.TempDir()
	var got strings.Builder
	cmd.Stderr = &got
	out, err := cmd.Output()
	if err != nil || len(want) < least || got.String() != strings.Join(want, "") {
		t.Errorf("%v: it answers\n%swhere the guide says\n%s%s", err, &got, strings.Join(want, ""), out)
	}
}

// client runs a script that drives a server by a client from npm.
func client(t *testing.T, pkg, script string) func(args ...string) {
	t.Helper()
	e2e, err := filepath.Abs("../../web/e2e")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	needed(t, "node", err != nil)
	_, err = os.Stat(filepath.Join(e2e, "node_modules", pkg))
	needed(t, "the npm package "+pkg, err != nil)
	return func(args ...string) {
		cmd := exec.Command(node, append([]string{script}, args...)...)
		cmd.Dir = e2e
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "all checks passed") {
			t.Errorf("node %s: %v\n%s", script, err, out)
		}
		t.Logf("%s", out)
	}
}

// The published hashes hold on a machine with 32 bits, and on one of another kind.
func TestGoldenElsewhere(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("386 runs natively on amd64 alone")
	}
	qemu, err := exec.LookPath("qemu-aarch64-static")
	needed(t, "qemu-aarch64-static", err != nil)
	for arch, runner := range map[string][]string{"386": nil, "arm64": {qemu}} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			binary := filepath.Join(t.TempDir(), "bank.test")
			build := exec.Command("go", "test", "-c", "-o", binary, "../../mocks/engine/bank")
			build.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("go test -c: %v\n%s", err, out)
			}
			args := append(runner, binary, "-test.run", "^TestGolden$", "-test.v")
			run := exec.Command(args[0], args[1:]...)
			run.Dir = "../../mocks/engine/bank"
			if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestGolden") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// What a published validator refuses; each fixture has one digit wrong, and one IBAN a
// wrong account inside right check digits.
const refused = `-cl.rut	41614850-4
-ca.sin	046454287
-de.iban	DE42500105170123456789
-es.iban	ES1399990001000000000017
-es.iban	ES9121000418450200051333
-es.dni	99999999S
-es.cif	B58378432
`

// Published validators judge the identifiers that are served.
func TestIdentifiersPassValidators(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	needed(t, "node", err != nil)
	_, err = os.Stat("../../web/e2e/node_modules/stdnum")
	needed(t, "the npm package stdnum", err != nil)
	var in strings.Builder
	bank.SampleIdentifiers(1000, func(kind, text string) { fmt.Fprintf(&in, "%s\t%s\n", kind, text) })
	cmd := exec.Command(node, "identifiers.mjs")
	cmd.Dir = "../../web/e2e"
	cmd.Stdin = strings.NewReader(in.String() + refused)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "all judged right") || !strings.Contains(string(out), `"es.iban":1000`) {
		t.Errorf("node identifiers.mjs: %v\n%s", err, out)
	}
}

// The widget as a frontend developer meets it, in a real browser.
func TestBrowser(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	needed(t, "node", err != nil)
	chromium, err := exec.LookPath("chromium")
	needed(t, "chromium", err != nil)
	_, err = os.Stat("../../web/e2e/node_modules/playwright-core")
	needed(t, "the npm package playwright-core", err != nil)

	cmd := exec.Command(node, "--test", "--test-concurrency=2", "--test-timeout=300000")
	cmd.Dir = "../../web/e2e"
	cmd.Env = append(os.Environ(), "STUNTBANK_URL="+started(t), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "# fail 0") || strings.Contains(string(out), "# pass 0") {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}
