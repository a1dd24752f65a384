package flinks_test

import (
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// An app that is sent here under the host names of its own instance needs no other path.
func TestInstanceHosts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for host, want := range map[string]int{
		"toolbox-iframe.private.fin.ag": http.StatusSeeOther, "acme-iframe.private.fin.ag": http.StatusSeeOther, "demo.flinks.com": http.StatusSeeOther,
		"iframe.private.fin.ag": http.StatusNotFound, "acme.example.com": http.StatusNotFound,
	} {
		req, err := http.NewRequest(http.MethodGet, k.srv.URL+"/v2/?demo=true", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := enginetest.Client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s answered %d, want %d", host, res.StatusCode, want)
		}
	}
}
