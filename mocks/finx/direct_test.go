package finx_test

import (
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// A connection that the control API makes has tokens that read its data, renew and rotate.
func TestDirectConnection(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	connections := func(params map[string]string) answer {
		return answer{enginetest.Send(t, http.MethodPost, k.srv.URL+"/~test/_stunt/v1/connections", map[string]any{"provider": "finx", "params": params})}
	}
	made := connections(map[string]string{"sync_period": "30"})
	if made.Status != http.StatusCreated {
		t.Fatalf("%d: %.600s", made.Status, made.Raw)
	}
	k.bearer, k.refresh = made.Text("secrets.access_token"), made.Text("secrets.refresh_token")
	if accounts := k.ok("/rest/accounts"); len(accounts.List("accounts"))+len(accounts.List("")) == 0 {
		t.Errorf("no accounts: %.300s", accounts.Raw)
	}
	k.renew().want(t, 200, 0)
	k.ok("/rest/transactions")
	for _, wrong := range []map[string]string{{"flow": "payment"}, {"sync_period": "0"}, {"sync_perod": "9"}} {
		if a := connections(wrong); a.Status != http.StatusBadRequest {
			t.Errorf("%v is taken: %d %.200s", wrong, a.Status, a.Raw)
		}
	}
}
