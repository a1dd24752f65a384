package engine_test

import (
	"bytes"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// A body is what it begins like, whatever its Content-Type says.
func TestBodyIsWhatItLooksLike(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "bodies")
	for name, c := range map[string]struct {
		body, kind string
		status     int
	}{
		"JSON as JSON":                         {`{"user":"u"}`, "application/json", 200},
		"JSON as a form":                       {` {"user":"u"}`, "application/x-www-form-urlencoded", 200},
		"JSON as text":                         {`{"user":"u"}`, "text/plain; charset=utf-8", 200},
		"JSON without a type":                  {`{"user":"u"}`, "", 200},
		"JSON that is broken":                  {`{"user":`, "application/x-www-form-urlencoded", 400},
		"a list":                               {`["u"]`, "application/x-www-form-urlencoded", 400},
		"no JSON":                              {`user=u`, "application/json", 400},
		"a form where the document takes none": {`user=u`, "application/x-www-form-urlencoded", 400},
	} {
		got := enginetest.Send(t, "POST", a.base+"/links", c.body, "Content-Type", c.kind, "Authorization", basicAuth("anna", "pw"))
		if got.Status != c.status || c.status == 200 && !strings.Contains(got.Raw, `"user":"u"`) {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
}

// A script of a page may send its form as FormData does.
func TestPagesTakeMultipart(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "multipart")
	handle := a.call(200, "POST", "/links", map[string]string{}, "Authorization", basicAuth("anna", "pw"))["handle"].(string)
	if page := enginetest.Send(t, "GET", a.base+"/w/"+handle, nil); !strings.Contains(page.Raw, `data-rev="2"`) {
		t.Fatalf("the page has another revision: %.600s", page.Raw)
	}
	send := func(pad int, fields ...string) enginetest.Received {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for i := 0; i < len(fields); i += 2 {
			if err := w.WriteField(fields[i], fields[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteField("pad", strings.Repeat("x", pad)); err != nil {
			t.Fatal(err)
		}
		w.Close()
		return enginetest.Send(t, "POST", a.base+"/w/"+handle, body.String(), "Content-Type", w.FormDataContentType())
	}
	if got := send(256<<10, "action", "cancel", "rev", "2"); got.Status/100 != 4 || !strings.Contains(got.Raw, "262144") {
		t.Errorf("more than 256 KiB: %d %.300s", got.Status, got.Raw)
	}
	if got := send(255<<10, "action", "cancel", "rev", "2"); got.Status != 303 {
		t.Errorf("a multipart form: %d %.300s", got.Status, got.Raw)
	}
	if page := enginetest.Send(t, "GET", a.base+"/w/"+handle, nil); !strings.Contains(page.Raw, "You left before the end") {
		t.Errorf("the session was not cancelled: %.600s", page.Raw)
	}
}
