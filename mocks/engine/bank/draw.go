package bank

import "math/bits"

// key names a source of draws. Word i is the SplitMix64 finaliser of
// key + (i+1)*gamma: any word is reached in one step, nothing has a state.
type key uint64

const gamma = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// draws is part of every key: another one changes every draw. It is the Version that last
// did.
const draws = 1

func rootKey(seed uint64) key { return key(mix(mix(seed+gamma) ^ draws*0xd1342543de82ef95)) }

// sub derives a child by name, so that editing one rule moves no other draw.
func (k key) sub(name string) key { return key(mix(uint64(k) ^ mix(hash(name)))) }

// at derives a child by number: a day, a contact.
func (k key) at(n int) key { return key(mix(uint64(k) + uint64(n+1)*0xa0761d6478bd642f)) }

func (k key) word(i uint64) uint64 { return mix(uint64(k) + (i+1)*gamma) }

// hash is FNV-1a.
func hash(name string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}

// below maps a word to [0,n) by multiply-high: no modulo, no second draw.
func below[N int | int64](u uint64, n N) N { hi, _ := bits.Mul64(u, uint64(n)); return N(hi) }

// around maps a word to [-n,n].
func around(u uint64, n int64) int64 { return below(u, 2*n+1) - n }

// shuffle is a keyed bijection on one byte: odd products, sums and xor-shifts
// are each invertible modulo 256.
func shuffle(x uint8, k uint64) uint8 {
	x = x*(uint8(k)|1) + uint8(k>>8)
	x ^= x >> 4
	x = x*(uint8(k>>16)|1) + uint8(k>>24)
	x ^= x >> 3
	x = x*(uint8(k>>32)|1) + uint8(k>>40)
	return x ^ x>>5
}

// exp returns e^x, both in Q16, for |x| < 9: whole powers of two by shifting,
// the rest by its Taylor series in Q30.
func exp(x int64) int64 {
	const ln2 = 45426
	n := x / ln2
	if x%ln2 < 0 {
		n--
	}
	r := (x - n*ln2) << 14
	sum, term := int64(1<<30), int64(1<<30)
	for i := int64(1); i < 12; i++ {
		term = term * r >> 30 / i
		sum += term
	}
	return sum >> uint(14-n)
}

// quantile returns the normal quantile of (i+½)/256 in Q16.
func quantile(i int) int64 {
	if i < 128 {
		return -upperQuantiles[127-i]
	}
	return upperQuantiles[i-128]
}

// upperQuantiles were computed once, outside this package: no float runs here.
var upperQuantiles = [128]int64{
	321, 963, 1604, 2246, 2889, 3531, 4174, 4817, 5461, 6105, 6750, 7395, 8041, 8688, 9336, 9985,
	10634, 11285, 11937, 12590, 13244, 13900, 14557, 15215, 15875, 16537, 17200, 17865, 18532, 19201, 19872, 20545,
	21220, 21898, 22577, 23259, 23944, 24631, 25321, 26014, 26710, 27409, 28111, 28816, 29525, 30237, 30952, 31671,
	32394, 33122, 33853, 34588, 35328, 36072, 36821, 37575, 38334, 39098, 39868, 40642, 41423, 42210, 43002, 43801,
	44607, 45419, 46239, 47066, 47900, 48742, 49592, 50451, 51318, 52195, 53081, 53977, 54883, 55799, 56727, 57666,
	58617, 59581, 60557, 61548, 62552, 63572, 64607, 65659, 66727, 67814, 68920, 70045, 71192, 72361, 73554, 74771,
	76015, 77286, 78588, 79921, 81288, 82691, 84134, 85618, 87148, 88727, 90358, 92048, 93802, 95625, 97526, 99512,
	101594, 103784, 106096, 108549, 111164, 113968, 116999, 120303, 123944, 128013, 132646, 138055, 144610, 153042, 165184, 189113,
}

func rounded(amount, step int64) int64 {
	if amount < 0 {
		return -rounded(-amount, step)
	}
	return (amount + step/2) / step * step
}

func isqrt(n int64) int64 {
	x := n
	for y := (x + 1) / 2; y < x; y = (x + n/x) / 2 {
		x = y
	}
	return x
}

func magnitude(n int64) int64 { return max(n, -n) }
