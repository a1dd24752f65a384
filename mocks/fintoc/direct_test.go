package fintoc_test

import (
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// A link that the control API makes without a word about its holder is one of an individual,
// in the API and in what the page of its reconnection tells.
func TestDirectConnection(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	connections := func(params map[string]string) answer {
		return enginetest.Send(t, "POST", k.srv.URL+"/~test/_stunt/v1/connections", map[string]any{"provider": "fintoc", "params": params})
	}
	made := connections(map[string]string{})
	token := made.Text("secrets.link_token")
	if link := k.want(k.get("/v1/links/"+token), 200, ""); link.Text("holder_type") != "individual" {
		t.Errorf("the link is %s", link.Raw)
	}
	p := k.open("link_token", token, "stunt_transport", "message", "origin", "http://localhost:3000").Want("consent", "")
	p = p.Click("consent-accept").Want("credentials", "").Click("credentials-submit", "password", goodPass).Want("success", "")
	if told := p.Doc.Find("#stunt-messages").Text(); !strings.Contains(told, `"holderType":"individual"`) {
		t.Errorf("the page tells %s", told)
	}
	if business := connections(map[string]string{"holder_type": "business"}); business.Status != 201 {
		t.Errorf("a business: %d %s", business.Status, business.Raw)
	}
	for _, wrong := range []map[string]string{{"holder_type": "company"}, {"country": "mx"}, {"holder": "individual"}} {
		if a := connections(wrong); a.Status != 400 {
			t.Errorf("%v is taken: %d %.200s", wrong, a.Status, a.Raw)
		}
	}
}
