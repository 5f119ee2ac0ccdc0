package scanner

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"minesweep"
)

const (
	repeatSlots  = 1 << 15 // open ports remembered so that a repeated SYN-ACK is not counted again
	unstoredMost = 8192    // open ports that wait for the store before the sender does
	knownAfter   = 64      // answers after which the slowest of them bounds the reply wait
)

// hearer takes what the devices receive, believes what proves itself, and
// keeps the open ports until the store has taken them.
type hearer struct {
	proof  *proof
	gate   *gate
	now    func() time.Time
	canary func(netip.AddrPort) bool // takes the answer of a canary; false: it is none
	rtt    func(netip.Addr, time.Duration)

	open, closed, received, unreachable atomic.Uint64
	heard                               atomic.Uint64 // of received, those not of a canary
	last                                atomic.Int64  // when one of them was heard, on the gate's clock
	slowest                             atomic.Int64  // slots between a probe and its answer, at most
	waiting                             atomic.Int64  // open ports in unstored

	mu       sync.Mutex // guards what follows; several devices are heard at a time
	repeats  []uint64   // by hash, the last open port there
	unstored []minesweep.OpenPort
	wake     chan struct{} // holds a token when unstored has grown
}

func newHearer(p *proof, g *gate) *hearer {
	return &hearer{
		proof: p, gate: g, now: g.guard.cfg.Now, repeats: make([]uint64, repeatSlots), wake: make(chan struct{}, 1),
		canary: func(netip.AddrPort) bool { return false }, rtt: func(netip.Addr, time.Duration) {},
	}
}

// received is an IP packet and when the kernel got it, on the gate's clock.
type receivedPacket struct {
	b  []byte
	at int64
}

// hear takes what one device received, in order.
func (h *hearer) hear(packets []receivedPacket) {
	var turnedAway [64]heard
	n := 0
	for _, p := range packets {
		a, ok := readAnswer(p.b)
		if !ok {
			continue
		}
		slot, ok := h.proof.proves(a.source, a.target, a.port, a.own, a.ack)
		if !ok {
			continue
		}
		h.received.Add(1)
		if !h.judge(a, slot, p.at) {
			continue
		}
		h.heard.Add(1)
		h.last.Store(p.at)
		if a.kind == saysOpen {
			continue
		}
		if turnedAway[n] = a; n+1 < len(turnedAway) {
			n++
			continue
		}
		h.tellNeighbours(turnedAway[:], p.at)
		n = 0
	}
	h.tellNeighbours(turnedAway[:n], h.last.Load())
}

// judge reports whether the answer is one to the course, and none of a canary.
func (h *hearer) judge(a heard, slot uint64, at int64) bool {
	switch a.kind {
	case saysOpen:
		return h.opened(a, slot, at)
	case saysClosed:
		h.closed.Add(1)
		h.timed(slot, at)
	case saysUnreachable:
		h.unreachable.Add(1)
	}
	return true
}

func (h *hearer) tellNeighbours(turnedAway []heard, at int64) {
	if len(turnedAway) == 0 {
		return
	}
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	for _, a := range turnedAway {
		h.gate.near.heard(a.target, a.kind, at)
	}
}

// timed notes how long an answer took, in slots.
func (h *hearer) timed(slot uint64, at int64) int64 {
	took := int64((uint64(at/slotLength) - slot) % slots)
	if took > h.slowest.Load() {
		h.slowest.Store(took)
	}
	return took
}

func (h *hearer) opened(a heard, slot uint64, at int64) bool {
	target := netip.AddrPortFrom(a.target.addr(), a.port)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.canary(target) {
		return false
	}
	if h.repeated(a) {
		return true
	}
	took := h.timed(slot, at)
	h.rtt(target.Addr(), time.Duration((took+1)*slotLength)) // known to a slot: the longer end
	h.open.Add(1)
	h.waiting.Add(1)
	h.unstored = append(h.unstored, minesweep.OpenPort{Target: target, At: h.now(), Engine: "syn", Stack: a.stack})
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return true
}

// repeated reports whether this SYN-ACK came lately, and remembers it. A host
// repeats one that it takes for lost, and a second pass asks for a second one;
// the store sorts out what is forgotten here.
func (h *hearer) repeated(a heard) bool {
	key := (a.target.high*31+a.target.low)*0x9e3779b97f4a7c15 ^ uint64(a.port)<<1 | 1
	place := &h.repeats[key>>17%repeatSlots]
	if *place == key {
		return true
	}
	*place = key
	return false
}

// full reports whether the sender is to wait for the store.
func (h *hearer) full() bool { return h.waiting.Load() >= unstoredMost }

// hand gives what was found so far to found.
func (h *hearer) hand(found func(minesweep.OpenPort) error) error {
	h.mu.Lock()
	ports := h.unstored
	h.unstored = nil
	h.waiting.Store(0)
	h.mu.Unlock()
	for _, p := range ports {
		if err := found(p); err != nil {
			return err
		}
	}
	return nil
}

// wait is how long ago a probe must have left to be settled: the reply wait,
// or less where every answer so far came much faster.
func (h *hearer) wait(most time.Duration) time.Duration {
	if h.received.Load() < knownAfter {
		return most
	}
	return min(most, time.Duration((h.slowest.Load()+1)*slotLength+slotLength/2))
}
