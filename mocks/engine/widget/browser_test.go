package widget_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// The bank's own page, in a real browser: in the same window, in a window of its own, looked
// at in all sizes and colours. A provider in test code has the flow.
func TestBankPageInBrowser(t *testing.T) {
	t.Parallel()
	inBrowser(t, "bank.mjs", enginetest.Start(t, nil, specimen.New()))
}

// inBrowser runs the tests of a file of web/e2e against a server.
func inBrowser(t *testing.T, file string, srv *enginetest.Server) {
	t.Helper()
	const e2e = "../../../web/e2e"
	missing := func(what string, err error) {
		t.Helper()
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", what)
			}
			t.Skipf("%s is missing", what)
		}
	}
	node, err := exec.LookPath("node")
	missing("node", err)
	chromium, err := exec.LookPath("chromium")
	missing("chromium", err)
	_, err = os.Stat(e2e + "/node_modules/playwright-core")
	missing("the npm package playwright-core", err)
	cmd := exec.Command(node, "--test", "--test-timeout=240000", file)
	cmd.Dir = e2e
	cmd.Env = append(os.Environ(), "STUNTBANK_URL="+srv.URL, "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "# fail 0") || strings.Contains(string(out), "# pass 0") {
		t.Errorf("node --test %s: %v\n%s", file, err, out)
	}
}
