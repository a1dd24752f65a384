package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/store/durable"
)

func (a app) notes(group string) string {
	a.t.Helper()
	var texts []string
	for _, n := range a.call(200, "GET", "/records?group="+group, nil)["notes"].([]any) {
		texts = append(texts, fmt.Sprint(n.(map[string]any)["text"]))
	}
	return strings.Join(texts, " ")
}

func TestRecords(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	a := newApp(t, srv, "records")
	ends := url.QueryEscape(enginetest.Noon.Add(time.Hour).Format(time.RFC3339))
	a.call(200, "PUT", "/records/one?group=x", note{"first"})
	a.call(200, "PUT", "/records/two?group=x&ends="+ends, note{"second"})
	a.call(200, "PUT", "/records/three?group=y", note{"third"})
	a.call(200, "PUT", "/records/one?group=x", note{"changed"})
	if got := a.notes("x"); got != "changed second" {
		t.Errorf("group x has %q", got)
	}
	// Its lookup finds the sandbox, too.
	got := enginetest.Send(t, "GET", srv.URL+"/desk/records/one", nil)
	if got.Status != 200 || !strings.Contains(got.Raw, "changed") || !strings.HasPrefix(got.Header.Get(engine.RequestHeader), "records-") {
		t.Errorf("found %d %s", got.Status, got.Raw)
	}
	if got := enginetest.Send(t, "PUT", srv.URL+"/~others/desk/records/one", note{"theirs"}); got.Status == 200 {
		t.Error("two records are found by one name")
	}
	// A new lookup replaces the old one.
	srv.Advance(t, "records", time.Hour)
	if got := a.notes("x"); got != "changed" {
		t.Errorf("at its end group x has %q", got)
	}
	a.call(404, "GET", "/records/two", nil)
	a.call(200, "DELETE", "/records/one", nil)
	a.call(404, "DELETE", "/records/one", nil)
	a.call(404, "GET", "/records/one", nil)
	if _, err := srv.Reset(context.Background(), "records"); err != nil {
		t.Fatal(err)
	}
	if got := a.notes("y"); got != "" {
		t.Errorf("after a reset group y has %q", got)
	}
}

func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "bounded")
	fits := strings.Repeat("x", engine.MaxRecord-len(`{"text":""}`))
	a.call(400, "PUT", "/records/big", note{fits + "x"})
	n := 0
	for ; n < 100; n++ {
		if got := enginetest.Send(t, "PUT", fmt.Sprintf("%s/records/r%d", a.base, n), note{fits}); got.Status != 200 {
			if !strings.Contains(got.Raw, "delete some") {
				t.Errorf("refused with %s", got.Raw)
			}
			break
		}
	}
	if n != 63 { // of 64 in 16 MiB, less what each takes besides its value
		t.Errorf("%d records of 256 KiB fit", n)
	}
	a.call(200, "PUT", "/records/r0", note{"small"})
	a.call(200, "PUT", "/records/more", note{"more"})
}

// Records, keys and the index by owner survive a restart.
func TestRecordsAreKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	open := func() (*enginetest.Server, app) {
		st, err := durable.Open(file, slog.New(slog.DiscardHandler), engine.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		srv := startDesk(t, func(c *engine.Config) { c.Store = st })
		return srv, newApp(t, srv, "kept")
	}
	srv, a := open()
	a.call(200, "PUT", "/records/one?group=x", note{"first"})
	auth := []string{"Authorization", basicAuth("anna", "pw")}
	a.call(200, "POST", "/links", map[string]string{"user": "u"}, auth...)
	token := a.login(200, nil)["refresh"]
	key, err := srv.RotateSigningKey(context.Background(), "kept", "desk")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Config().Store.Close(); err != nil {
		t.Fatal(err)
	}
	_, a = open()
	if got := a.notes("x"); got != "first" {
		t.Errorf("after the restart group x has %q", got)
	}
	if ids := a.call(200, "GET", "/links?user=u", nil, auth...)["ids"].([]any); len(ids) != 1 {
		t.Errorf("the user has %v", ids)
	}
	a.refresh(200, token)
	if x := a.call(200, "GET", "/keys/"+key.ID, nil)["x"]; x != key.JWK().X {
		t.Errorf("the key is %v", x)
	}
}

// What a developer writes by the control API is what the provider's own calls find, and the other way round.
func TestRecordsByControl(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	a := newApp(t, srv, "kinds")
	control := func(method, path string, body any) enginetest.Received {
		return enginetest.Send(t, method, srv.URL+"/~kinds/_stunt/v1/providers/desk/records/"+path, body)
	}
	if r := control("PUT", "note/one", note{"written"}); r.Status != 200 || r.Text("value.text") != "written" {
		t.Fatalf("PUT answers %d %s", r.Status, r.Raw)
	}
	if got := a.notes("x"); got != "written" {
		t.Errorf("the provider finds %q", got)
	}
	a.call(200, "PUT", "/records/two?group=y", note{"called"})
	if r := control("GET", "note", nil); r.Text("records.0.id") != "one" || r.Text("records.1.value.text") != "called" {
		t.Errorf("the list is %s", r.Raw)
	}
	for body, part := range map[string]string{`{}`: "text is missing", `{"txt": "x"}`: "txt", `{"text": 1}`: "cannot be read"} {
		if r := control("PUT", "note/three", body); r.Status != 400 || !strings.Contains(r.Raw, part) {
			t.Errorf("%s answers %d %s", body, r.Status, r.Raw)
		}
	}
	if r := control("DELETE", "note/one", nil); r.Status != 204 || a.notes("x") != "" {
		t.Errorf("DELETE answers %d", r.Status)
	}
	if r := control("GET", "memo", nil); r.Status != 404 || !strings.Contains(r.Raw, "it has note") {
		t.Errorf("an unknown kind answers %d %s", r.Status, r.Raw)
	}
}
