package scenarios

import (
	"fmt"
	"math"
	"time"
)

// A draw is a function of the sandbox's seed, the rule, and the number of the call. It
// takes nothing from a stream, so that no other call can change it.

// unit gives a number from 0 up to, but not including, 1.
func unit(seed uint64, rule, what string, call int64) float64 {
	h := uint64(14695981039346656037) ^ seed
	mix := func(b byte) { h = (h ^ uint64(b)) * 1099511628211 }
	for _, text := range [...]string{rule, what} {
		for i := range len(text) {
			mix(text[i])
		}
		mix(0)
	}
	for shift := 0; shift < 64; shift += 8 {
		mix(byte(call >> shift))
	}
	// FNV leaves its high bits too alike; this is the finalizer of splitmix64.
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return float64((h^h>>31)>>11) / (1 << 53)
}

// At gives the wait at a point of the curve, u from 0 to 1. The curve is log-normal: the
// shape that waits for a busy server have. It ends at three times P99, so that no draw
// outlasts every client.
func (l Latency) At(u float64) time.Duration {
	if !l.Drawn() {
		return l.P50
	}
	const z99 = 2.3263478740408408 // of the standard normal distribution
	z := math.Sqrt2 * math.Erfinv(2*min(max(u, 1e-9), 1-1e-9)-1)
	d := float64(l.P50) * math.Pow(float64(l.P99)/float64(l.P50), z/z99)
	return time.Duration(min(d, 3*float64(l.P99))).Round(time.Millisecond)
}

// String writes the share as files do.
func (c Chance) String() string { return fmt.Sprintf("%g%%", float64(c)/100) }
