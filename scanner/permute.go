package scanner

import (
	"math/big"
	"math/bits"
)

// A permutation visits each of n indices once, in an order that spreads over
// all of them and is remembered as one number.
//
// The numbers 1 … p-1 for a prime p, multiplied modulo p, are a cyclic group: a
// generator's powers g, g², g³ … run through all of them before the first comes
// again. That is ZMap's order. With p just above n nearly every power is an
// index. The few that are not are sent through the same map again until they
// are ("cycle walking", which keeps a bijection one), so that step k is always
// the k-th index and a step number is a count of probes done.
type permutation struct {
	n      uint64 // indices
	p      uint64 // prime, p > n
	g      uint64 // generator of the group modulo p
	offset uint64 // factor that shifts the start of the circle
}

// smallFactors is how far p-1 is divided by trial. What is left above its
// square must be prime, or the next p is taken.
const smallFactors = 1 << 17

// newPermutation returns the order of the indices 0 … n-1 that seed decides.
// n is 1 to 1<<62.
func newPermutation(n, seed uint64) *permutation {
	p, factors := groupPrime(n)
	draw := seed
	perm := &permutation{n: n, p: p}
	perm.offset = 1 + splitmix(&draw)%(p-1)
	for perm.g == 0 {
		if g := 1 + splitmix(&draw)%(p-1); generates(g, p, factors) {
			perm.g = g
		}
	}
	return perm
}

// at returns the index that step k visits, for any k < n.
func (m *permutation) at(k uint64) uint64 { return m.settle(m.power(k)) }

// power returns the group's element number k.
func (m *permutation) power(k uint64) uint64 {
	return mulMod(m.offset, powMod(m.g, k, m.p), m.p)
}

// settle walks from an element until it is an index. For n below p-1 the
// elements above n are the few to be walked past.
func (m *permutation) settle(x uint64) uint64 {
	for x > m.n {
		x = m.power(x - 1)
	}
	return x - 1
}

// walk is a permutation on its way: one multiplication a step.
type walk struct {
	*permutation
	x      uint64
	factor uint64 // the generator to the power of the stride
}

// from returns the walk whose first next is at(k), and whose each further one
// is stride steps on. Walks of stride n from 0 … n-1 are the shards of one order.
func (m *permutation) from(k, stride uint64) *walk {
	return &walk{m, m.power(k), powMod(m.g, stride, m.p)}
}

func (w *walk) next() uint64 {
	index := w.settle(w.x)
	w.x = mulMod(w.x, w.factor, w.p)
	return index
}

// groupPrime returns a prime p above n and the prime factors of p-1. It is the
// smallest such prime wherever p-1 can be factored by trial, which is always so
// below 1<<34.
func groupPrime(n uint64) (p uint64, factors []uint64) {
	for p = n + 1; ; p++ {
		if !isPrime(p) {
			continue
		}
		if factors, ok := factor(p - 1); ok {
			return p, factors
		}
	}
}

// factor returns the different primes of m, or false where that takes more
// than trial division.
func factor(m uint64) (primes []uint64, ok bool) {
	for d := uint64(2); d < smallFactors && d*d <= m; d++ {
		if m%d != 0 {
			continue
		}
		primes = append(primes, d)
		for m%d == 0 {
			m /= d
		}
	}
	if m == 1 {
		return primes, true
	}
	return append(primes, m), isPrime(m)
}

// isPrime is exact: the test is known to have no exception below 1<<64.
func isPrime(n uint64) bool { return new(big.Int).SetUint64(n).ProbablyPrime(0) }

// generates reports whether the powers of g are the whole group modulo p.
func generates(g, p uint64, factors []uint64) bool {
	for _, q := range factors {
		if powMod(g, (p-1)/q, p) == 1 {
			return false
		}
	}
	return true
}

func powMod(base, exponent, p uint64) uint64 {
	result := uint64(1) % p
	for base %= p; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = mulMod(result, base, p)
		}
		base = mulMod(base, base, p)
	}
	return result
}

func mulMod(a, b, p uint64) uint64 {
	if p < 1<<32 {
		return a * b % p // a and b are below p
	}
	high, low := bits.Mul64(a, b)
	return bits.Rem64(high, low, p)
}

// splitmix draws the next number of the sequence that state begins
// (Steele, Lea and Flood's SplitMix64). The order of a sweep must be the same
// after an upgrade, so no library's generator serves.
func splitmix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
