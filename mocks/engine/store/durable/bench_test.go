package durable_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Writers who wait together share a write of the file: sixteen of them against one.
func BenchmarkDo(b *testing.B) {
	const writers, each = 16, 25
	s := open(b, filepath.Join(b.TempDir(), "state"))
	defer s.Close()
	work := func(sandbox string, n int) {
		for i := range n {
			err := s.Do(context.Background(), sandbox, func(tx store.Tx) error {
				_, err := tx.Next(fmt.Sprint(i % 10))
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	}
	var alone, together time.Duration
	done := 0
	for b.Loop() {
		begin := time.Now()
		work("alone", each)
		alone += time.Since(begin)
		begin = time.Now()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { work(fmt.Sprint("box", w), each) })
		}
		wg.Wait()
		together += time.Since(begin)
		done += each
	}
	b.ReportMetric(float64(done)/alone.Seconds(), "one/s")
	b.ReportMetric(float64(done*writers)/together.Seconds(), "sixteen/s")
	b.ReportMetric(float64(writers)*float64(alone)/float64(together), "gain")
}
