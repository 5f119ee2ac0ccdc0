package minesweep

import (
	"context"
	"math/big"
	"net/netip"
	"time"

	"go4.org/netipx"
)

// Plan is what one sweep is to cover: every port of every address, each once.
type Plan struct {
	Targets *netipx.IPSet // already inside the scope
	Ports   []uint16
	Seed    uint64 // decides the order; the same seed walks the same way
	Cursor  uint64 // how many probes of that order are settled already
	Beyond  Beyond // what is settled behind those
	// Shard of Shards is the part of the order that this plan walks, from 0;
	// shards of one seed are disjoint and together all. Shards 0 means 1.
	Shard, Shards uint64
	// Passes is how often the whole part is walked, and PassGap how long at
	// least lies between two probes of one target. Passes 0 means 1.
	Passes  uint64
	PassGap time.Duration
	// Stop, once closed, lets nothing more be sent: what was sent is waited for
	// and settled, and the scan ends without an error at a cursor from which
	// another plan goes on. nil: never.
	Stop <-chan struct{}
	// Warm says that these targets were being probed a moment ago, so that the
	// rate need not rise slowly.
	Warm bool
}

// Stopped reports whether Stop was closed.
func (p Plan) Stopped() bool {
	select {
	case <-p.Stop:
		return true
	default:
		return false
	}
}

// Total returns the number of probes of the plan's shard in all its passes, or
// false where addresses × ports × passes does not fit 62 bits (an IPv6 prefix
// that no sweep ends).
func (p Plan) Total() (uint64, bool) {
	size, ok := p.Size()
	shards, passes := max(p.Shards, 1), max(p.Passes, 1)
	if !ok || size > 1<<62/passes {
		return 0, false
	}
	return ShardSize(size, p.Shard, shards) * passes, true
}

// ShardSize returns how many of size probes fall to one shard.
func ShardSize(size, shard, shards uint64) uint64 {
	n := size / shards
	if shard < size%shards {
		n++
	}
	return n
}

// Size returns addresses × ports, or false where that does not fit 62 bits.
func (p Plan) Size() (uint64, bool) {
	sum := new(big.Int)
	for _, r := range p.Targets.Ranges() {
		from, to := r.From().As16(), r.To().As16()
		n := new(big.Int).Sub(new(big.Int).SetBytes(to[:]), new(big.Int).SetBytes(from[:]))
		sum.Add(sum, n.Add(n, big.NewInt(1)))
	}
	sum.Mul(sum, big.NewInt(int64(len(p.Ports))))
	return sum.Uint64(), sum.BitLen() <= 62
}

// Progress is how far discovery has come. Counts are of this process; Cursor
// and Beyond are of the whole sweep.
type Progress struct {
	Cursor   uint64 // probes settled: sent, and answered or waited for
	Beyond   Beyond // what is settled above the cursor
	Total    uint64
	Sent     uint64
	Open     uint64
	Closed   uint64
	Filtered uint64 // no answer within the wait
	Refused  uint64 // by the guard, at the moment of sending
	Errors   uint64 // not sent, for want of a socket or a route: the sum of Faults
	Faults   Faults

	Received  uint64 // answers that proved themselves, repeats too; SYN only
	Dropped   uint64 // answers that the kernel lost before they were read; SYN only
	Slowed    uint64 // times that a /24 was slowed because of what it answered; SYN only
	PeakRate  uint64 // most packets sent within any 1 s
	PeakPer24 uint64 // most packets sent to one /24 (IPv6: /64) within 1 s
}

// Scanner finds open ports. It returns nil when the plan is covered, or when
// its Stop was closed and all below the last Progress's cursor is settled, and
// ctx.Err() when ctx ends; a deaf or broken engine is an error, never silence.
type Scanner interface {
	Scan(ctx context.Context, plan Plan, sink Sink) error
}

// Sink takes what a [Scanner] finds. Found keeps an open port until the next
// Progress, with which it is stored: a cursor must not pass a probe before Found
// has returned nil for it. Found may wait, which is how a slow store holds a
// fast engine back. Both may be called from several goroutines.
type Sink interface {
	Found(OpenPort) error
	Progress(Progress) error
}

// Asker asks an open port harmless questions; known bounds how many and may
// suggest some. No answer is no error; an error means that asking must stop.
type Asker interface {
	Ask(ctx context.Context, port OpenPort, known Known) ([]Reply, error)
}

// Known is what a sweep holds of a host before one more port of it is asked.
type Known struct {
	Replies   []Reply // of the ports asked before
	Confirmed bool    // they prove that it mines
}

// Sieve knows open ports that are no service: SYN proxies, hosts with every
// port open, networks whose middlebox answers for all. It is asked before the
// first question to a port, so that none is wasted.
type Sieve interface {
	// Sift returns why port is not worth a question, or "". known are the open
	// ports of the host so far, port among them.
	Sift(ctx context.Context, port OpenPort, known []OpenPort) (reason string, err error)
	// Heard tells what a port that was asked gave.
	Heard(port OpenPort, replies []Reply, evidence []Evidence)
}

// SievedProbe is the [Reply.Probe] of a port that a [Sieve] held back; Refused
// says why. It is stored like an answer, so that judging it again needs no packet.
const SievedProbe = "sieve"

// EveryPortOpen ends the reason of a [Sieve] that speaks of the whole host and
// not of one port: it accepts where nobody listens.
const EveryPortOpen = "every port is open"

// Judge reads replies of one host and says what they prove.
type Judge interface {
	Judge(replies []Reply) []Evidence
}

// Observation is all that a sweep knows of one address.
type Observation struct {
	Address    netip.Addr
	Ports      []OpenPort
	PortsSwept int // how many ports of the address the sweep tries
	Replies    []Reply
	Evidence   []Evidence
	Grant      *Grant // under which it was asked; nil in identify
	At         time.Time
}

// Assessor turns an observation into a verdict.
type Assessor interface {
	Assess(Observation) Host
}

// Scrubber replaces what names a person in replies (wallets, workers, MACs,
// serials) by keyed hashes, as the grant's privacy asks. Judging comes after
// it, so that stored replies judge the same later.
type Scrubber interface {
	Scrub(grant *Grant, replies []Reply) []Reply
}
