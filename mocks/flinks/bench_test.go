package flinks_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/flinks"
	"github.com/stuntbank/stuntbank/openapi"
)

// BenchmarkBusiness asks for all that is made of the year of a business, some 600,000 rows.
// Its details are the measure: a call over the same rows.
func BenchmarkBusiness(b *testing.B) {
	srv := enginetest.StartAtNoon(b, flinks.New(), scripted(map[string]string{"acme": "persona: business\n"}), func(c *engine.Config) {
		c.Contract = openapi.Request
	})
	base := srv.URL + "/~bench/flinks/v3/" + customer + "/"
	post := func(path string, body any) answer {
		return enginetest.Send(b, http.MethodPost, base+"BankingServices/"+path, body, "x-api-key", apiKey)
	}
	auth := post("Authorize", creds("greatday_nomfa+acme"))
	request := auth.Text("RequestId")
	post("GetAccountsDetail", fields{"RequestId": request, "DaysOfTransactions": "Days365"})
	post("GetAccountsDetail", fields{"RequestId": request, "DaysOfTransactions": "Days365"})
	for _, call := range [][2]string{
		{"details", "BankingServices/GetAccountsDetailAsync/" + request},
		{"categorization", "categorization/login/" + auth.Text("Login.Id") + "/requestid/" + request},
		{"attributes", "insight/login/" + auth.Text("Login.Id") + "/attributes/" + request + "/GetAllAttributes"},
	} {
		b.Run(call[0], func(b *testing.B) {
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+call[1], nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("x-api-key", apiKey)
				res, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					b.Fatal(res.StatusCode, err)
				}
				b.SetBytes(n)
			}
		})
	}
}
