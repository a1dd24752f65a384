package flinks_test

import (
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/flinks"
)

// withQuestions is an app whose user answers a security question, reads the data and has the
// card deleted.
func withQuestions(t testing.TB, srv *enginetest.Server) {
	base := srv.URL + "/~mfa/flinks/v3/" + customer + "/BankingServices/"
	call := func(method, path string, body any, want int) enginetest.Received {
		t.Helper()
		got := enginetest.Send(t, method, base+path, body, "x-api-key", apiKey)
		if got.Status != want {
			t.Fatalf("%s %s answered %d, want %d: %s", method, path, got.Status, want, got.Raw)
		}
		return got
	}
	enginetest.Send(t, http.MethodPost, srv.URL+"/~mfa/_stunt/v1/clock", map[string]any{"freeze": true})
	asked := call("POST", "Authorize", map[string]any{"Institution": "FlinksCapital", "Username": "Greatday", "Password": "Everyday", "Save": true}, 203)
	id := enginetest.At(asked.Body, "RequestId")
	for round := range 5 {
		prompt, _ := enginetest.At(asked.Body, "SecurityChallenges.0.Prompt").(string)
		answers := map[string]string{"What city were you born in?": "Montreal", "What is the best country on earth?": "Canada", "What shape do people like most?": "Triangle"}
		asked = enginetest.Send(t, "POST", base+"Authorize", map[string]any{
			"RequestId": id, "SecurityResponses": map[string][]string{prompt: {answers[prompt]}},
		}, "x-api-key", apiKey)
		if asked.Status == 200 {
			break
		}
		if asked.Status != 203 || round == 4 {
			t.Fatalf("an answer to %q got %d: %s", prompt, asked.Status, asked.Raw)
		}
	}
	for range 3 {
		if got := enginetest.Send(t, "POST", base+"GetAccountsDetail", map[string]any{"RequestId": id}, "x-api-key", apiKey); got.Status == 200 {
			break
		}
	}
	card, _ := enginetest.At(asked.Body, "Login.Id").(string)
	call("DELETE", "DeleteCard/"+card, nil, 200)
}

// An answer to a second factor is whole or nothing, whatever call of the store fails, and
// where the process ends behind a commit the user goes on, or begins anew.
func TestSecondFactorSurvivesTheStore(t *testing.T) {
	t.Parallel()
	t.Run("outages", func(t *testing.T) {
		t.Parallel()
		enginetest.Outages(t, flinks.New(), withQuestions)
	})
	t.Run("kills", func(t *testing.T) {
		t.Parallel()
		enginetest.Kills(t, flinks.New(), withQuestions, withQuestions)
	})
}

// Two users who log in to one card for the first time at once both get through, and the second
// one takes the card over.
func TestTwoFirstLoginsOfOneCard(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	body := map[string]any{"Institution": "FlinksCapital", "Username": "Greatday", "Password": "Everyday", "Save": true}
	var ids, cards []string
	for range 2 {
		a := k.call("POST", "Authorize", body)
		if a.Status != 203 {
			t.Fatalf("answered %d: %s", a.Status, a.Raw)
		}
		ids = append(ids, enginetest.At(a.Body, "RequestId").(string))
	}
	for _, id := range ids {
		a := k.call("POST", "Authorize", map[string]any{"RequestId": id, "SecurityResponses": map[string][]string{city: {"Montreal"}}})
		if a.Status != 200 {
			t.Fatalf("the login %s answered %d: %s", id, a.Status, a.Raw)
		}
		cards = append(cards, enginetest.At(a.Body, "Login.Id").(string))
	}
	if cards[0] != cards[1] {
		t.Errorf("two logins of one card made %s and %s", cards[0], cards[1])
	}
}
