package specimen_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// The provider keeps what the engine promises of every provider.
func TestProvider(t *testing.T) { enginetest.Run(t, specimen.New()) }

// openLink starts a link with these fields beside those that it needs, and opens its page.
func openLink(t *testing.T, srv *enginetest.Server, sandbox string, fields map[string]string, headers ...string) *enginetest.Page {
	t.Helper()
	body := map[string]string{"redirect_url": "https://app.example/done"}
	for name, value := range fields {
		body[name] = value
	}
	base := srv.URL + "/~" + sandbox + "/specimen"
	got := enginetest.Send(t, http.MethodPost, base+"/v1/links", body, append(headers, "Authorization", specimen.New().Manifest().Samples["client"])...)
	token, _ := enginetest.At(got.Body, "token").(string)
	if got.Status != http.StatusCreated || token == "" {
		t.Fatalf("a new link answers %d %s", got.Status, got.Raw)
	}
	return enginetest.NewBrowser(t, srv.URL).Open(base + "/link?token=" + token)
}

// An app asks for one account or for several.
func TestChoiceOfAccounts(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, specimen.New())
	for choice, kind := range map[string]string{"one": "radio", "several": "checkbox", "": "checkbox"} {
		fields := map[string]string{}
		if choice != "" {
			fields["choice"] = choice
		}
		p := enginetest.Login(t, openLink(t, srv, "choice-"+kind, fields), "north", "ada", "correct").Want("accounts", "")
		if got := p.Doc.Find("input[name=account]").AttrOr("type", ""); got != kind {
			t.Errorf("for the choice of %q the page has inputs of the type %q, want %q", choice, got, kind)
		}
	}
	if p := enginetest.Login(t, openLink(t, srv, "francs", map[string]string{"currency": "CHF"}), "north", "ada", "correct"); p.Error() != "no_eligible_accounts" {
		t.Errorf("in a currency that the user has not the page shows %q %q", p.State(), p.Error())
	}
}

// The data comes behind the login, and its import can fail: then nothing is readable until a
// refresh has brought it.
func TestImportFailsOnDemand(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, specimen.New(), enginetest.Scripted(map[string]string{
		"import-fails": "login: {ready: fails institution_unavailable}\n",
	}))
	still := true
	for scenario, want := range map[string]struct {
		status int
		data   string
	}{"happy": {http.StatusOK, "ready"}, "import-fails": {http.StatusServiceUnavailable, "failed"}} {
		if _, err := srv.MoveClock(t.Context(), scenario, engine.Move{Freeze: &still}); err != nil {
			t.Fatal(err)
		}
		d := engine.NewDriver(srv.URL, scenario, specimen.New().Manifest())
		d.Headers["Stunt-Scenario"] = scenario
		for _, op := range []string{"exchangeCode", "getConnection"} {
			if a, err := d.Call(t.Context(), op); err != nil || a.Status != http.StatusOK {
				t.Fatalf("%s: %s answers %d %v", scenario, op, a.Status, err)
			} else if op == "getConnection" && enginetest.At(enginetest.JSON(t, a.Body), "data") != want.data {
				t.Errorf("%s: the connection is %s, want data %q", scenario, a.Body, want.data)
			}
		}
		if a, err := d.Call(t.Context(), "listAccounts"); err != nil || a.Status != want.status {
			t.Errorf("%s: the accounts answer %d %s %v, want %d", scenario, a.Status, a.Body, err, want.status)
		}
	}
}

// Ready is told when the data is there, not with the connection: an import that takes five
// minutes is at work until then.
func TestReadyIsToldWithTheData(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, specimen.New(), enginetest.Scripted(map[string]string{"slow": "login: {ready: after 5m}\n"}))
	still := true
	if _, err := srv.MoveClock(t.Context(), "slow", engine.Move{Freeze: &still}); err != nil {
		t.Fatal(err)
	}
	d := engine.NewDriver(srv.URL, "slow", specimen.New().Manifest())
	d.Headers["Stunt-Scenario"] = "slow"
	if a, err := d.Call(t.Context(), "exchangeCode"); err != nil || a.Status != http.StatusOK {
		t.Fatalf("exchangeCode answers %d %v", a.Status, err)
	}
	for _, want := range []struct {
		after time.Duration
		data  connect.DataState
		told  []string
	}{
		{0, connect.DataImporting, []string{"connection.created"}},
		{4 * time.Minute, connect.DataImporting, []string{"connection.created"}},
		{time.Minute, connect.DataReady, []string{"connection.created", "connection.ready"}},
	} {
		srv.Advance(t, "slow", want.after)
		conns, err := srv.Connections(t.Context(), "slow")
		if err != nil || len(conns) != 1 || conns[0].Data != want.data || conns[0].RefreshedAt.IsZero() != (want.data == connect.DataImporting) {
			t.Errorf("%s later the connection is %+v %v, want data %q", want.after, conns, err, want.data)
		}
		sent, err := srv.Deliveries(t.Context(), "slow")
		var told []string
		for _, one := range sent {
			told = append(told, one.Event)
		}
		if err != nil || !slices.Equal(told, want.told) {
			t.Errorf("%s later the app was told %v %v, want %v", want.after, told, err, want.told)
		}
	}
}
