package scanner

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"
)

const (
	rttSlots  = 4096                   // /24s remembered, 64 bytes each; the newest of those that share a slot
	rttEnough = 8                      // round trips of a /24 that say how long to wait there
	rttAll    = 32                     // and of everything, for a /24 not known yet
	rttMargin = 2                      // times the retransmission time-out, for hosts that are slower than their neighbours
	rttLeast  = 300 * time.Millisecond // below which this machine's own load would decide
)

// roundTrips learns how long connects take: of each /24 (IPv6: /64) and of
// everything, by mean and deviation, as TCP does (RFC 6298, section 2). Its
// zero value knows nothing. Its size is fixed. It is safe for concurrent use.
type roundTrips struct {
	mu   sync.Mutex
	all  roundTrip
	near [rttSlots]struct {
		prefix netip.Prefix
		roundTrip
	}
}

type roundTrip struct {
	mean, deviation time.Duration
	seen            uint32
}

func (r *roundTrip) observe(d time.Duration) {
	if r.seen++; r.seen == 1 {
		r.mean, r.deviation = d, d/2
		return
	}
	r.deviation += ((r.mean - d).Abs() - r.deviation) / 4
	r.mean += (d - r.mean) / 8
}

// patience is how long to wait for an answer.
func (r *roundTrip) patience() time.Duration { return rttMargin * (r.mean + 4*r.deviation) }

func (t *roundTrips) observe(addr netip.Addr, d time.Duration) {
	if d <= 0 {
		return
	}
	prefix := neighbourhood(addr)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.observe(d)
	slot := &t.near[rttSlot(addr)]
	if slot.prefix != prefix {
		slot.prefix, slot.roundTrip = prefix, roundTrip{}
	}
	slot.observe(d)
}

// limit returns how long a connect to addr may take: full until enough is
// known, and never more.
func (t *roundTrips) limit(addr netip.Addr, full time.Duration) time.Duration {
	prefix := neighbourhood(addr)
	t.mu.Lock()
	defer t.mu.Unlock()
	known := &t.all
	if slot := &t.near[rttSlot(addr)]; slot.prefix == prefix && slot.seen >= rttEnough {
		known = &slot.roundTrip
	} else if known.seen < rttAll {
		return full
	}
	return min(full, max(rttLeast, known.patience()))
}

func rttSlot(addr netip.Addr) uint64 {
	b := addr.As16()
	key := binary.BigEndian.Uint64(b[:8]) // the /64
	if addr.Is4() {
		key = uint64(binary.BigEndian.Uint32(b[12:]) >> 8) // the /24
	}
	const golden = 0x9e3779b97f4a7c15 // 2⁶⁴ over the golden ratio: spreads neighbours
	return key * golden >> 52 % rttSlots
}

// ObserveRTT tells the guard how long addr took to answer a SYN, such as the
// SYN engine measures it: time-outs of [Guard.Dial] follow. It is cheap and
// may be called from several goroutines.
func (g *Guard) ObserveRTT(addr netip.Addr, d time.Duration) { g.trips.observe(addr.Unmap(), d) }
