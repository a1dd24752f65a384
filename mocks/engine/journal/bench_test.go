package journal_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

// Ten minutes of load, a thousand calls a second over three hundred sandboxes, with
// answers of up to 14 KB: the journal stays within its budget, and the heap with it.
func BenchmarkTenMinutes(b *testing.B) {
	const calls, sandboxes = 10 * 60 * 1000, 300
	answer := bytes.Repeat([]byte(`{"id":"mov_0","amount":-12990},`), 450)
	request := []byte(`{"product":"movements","country":"cl","holder_type":"individual"}`)
	names := make([]string, sandboxes)
	for i := range names {
		names[i] = fmt.Sprint("ci-", i)
	}
	for b.Loop() {
		b.StopTimer()
		before := heap()
		j := journal.New(0)
		b.StartTimer()
		var peak int64
		for n := range calls {
			r := j.Ring(names[n*n%sandboxes])
			seq := r.Next()
			wall := noon.Add(time.Duration(n) * time.Millisecond)
			r.Add(&journal.Entry{
				ID: fmt.Sprint("ci-", seq), Seq: seq, Kind: journal.Request, At: wall, Wall: wall, Provider: "p", Operation: "transactions.list",
				Method: "GET", Path: "/v1/accounts/acc_0123456789abcdef/movements", Query: "link_token=link_0123456789abcdef_token_0123456789", Status: 200,
				Did: []journal.Deed{{What: "grant.used", Subject: "li_0123456789abcdef", Detail: "exchange"}}, Notes: []string{"an unknown field was ignored"},
				Request:  journal.Body{Type: "application/json", Data: request},
				Response: journal.Body{Type: "application/json", Data: answer[:n%len(answer)]},
			})
			peak = max(peak, j.Used())
		}
		b.StopTimer()
		after := heap()
		b.ReportMetric(float64(before)/1e6, "heap-MB-before")
		b.ReportMetric(float64(after)/1e6, "heap-MB-after")
		b.ReportMetric(float64(peak)/1e6, "counted-MB-peak")
		b.ReportMetric(float64(after-before)/float64(journal.Budget), "heap/budget")
		dropped := j.Dropped()
		if dropped.Entries == 0 || dropped.Bodies == 0 || peak > journal.Budget+(1<<20) || after-before > journal.Budget*5/4 {
			b.Errorf("counted %d at most, heap %d -> %d, budget %d, dropped %+v", peak, before, after, journal.Budget, dropped)
		}
		runtime.KeepAlive(j)
		b.StartTimer()
	}
	b.ReportMetric(float64(calls), "calls")
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
