//go:build root

package scanner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/lab/wire"
)

// dice makes random sweeps of one small network.
type dice struct {
	*rand.Rand
	base netip.Prefix
}

// prefix is a random one inside the base.
func (d dice) prefix() netip.Prefix {
	bits := d.base.Bits() + 1 + d.IntN(30-d.base.Bits())
	a := d.base.Addr().As4()
	host := d.Uint32() & (1<<(32-d.base.Bits()) - 1)
	for i := range a {
		a[i] |= byte(host >> (24 - 8*i))
	}
	return netip.PrefixFrom(netip.AddrFrom4(a), bits).Masked()
}

func (d dice) prefixes(least, most int) (out []netip.Prefix) {
	for range least + d.IntN(most-least+1) {
		out = append(out, d.prefix())
	}
	return out
}

// book has up to three grants, also nested and overlapping ones, and exclusions.
func (d dice) book() *book {
	b := &book{}
	for i := range 1 + d.IntN(3) {
		g := grantOf(fmt.Sprint("grant", i))
		if g.Prefixes = d.prefixes(1, 4); i == 0 {
			half := netip.PrefixFrom(d.base.Addr(), d.base.Bits()+1)
			g.Prefixes = append(g.Prefixes, half, netip.PrefixFrom(netipx.PrefixLastIP(half).Next(), d.base.Bits()+3))
		}
		b.grants = append(b.grants, g)
	}
	for _, p := range d.prefixes(0, 5) {
		b.exclude(p.String())
	}
	return b
}

// randomSweep is one property's case, and what was sent for it.
type randomSweep struct {
	dice
	lab     *wire.Lab
	book    *book
	plan    minesweep.Plan
	sent    uint64
	stops   int
	doubled uint64 // packets that were sent beyond the cursor when it was stopped
}

// shard walks one shard to its end, through some stops.
func (r *randomSweep) shard(t *testing.T, shard uint64) {
	plan := r.plan
	plan.Shard = shard
	for stops := r.IntN(3); ; stops-- {
		s := wireJob{book: r.book, rate: 8000, plan: plan, near: r.lab.Near}.start(t)
		if stops > 0 {
			time.AfterFunc(time.Duration(r.IntN(400))*time.Millisecond, s.stop)
		}
		err := <-s.ended
		p := s.progress()
		r.sent += p.Sent
		if err == nil {
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r.stops++
		r.doubled += p.Sent + p.Refused - (p.Cursor - plan.Cursor)
		plan.Cursor = p.Cursor
	}
}

// TestRootSYNSendsExactlyWhatIsAllowed lets random grants, exclusions, shards,
// stops and resumes loose on one network and looks at each pair.
func TestRootSYNSendsExactlyWhatIsAllowed(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := dice{rand.New(rand.NewPCG(seed, 4)), netip.MustParsePrefix("10.32.0.0/21")}
			r := &randomSweep{dice: d, book: d.book()}
			scope, err := r.book.load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var b netipx.IPSetBuilder
			for _, p := range append(d.prefixes(1, 4), netip.PrefixFrom(d.base.Addr(), d.base.Bits()+1)) {
				b.AddPrefix(p)
			}
			r.plan = minesweep.Plan{Ports: []uint16{80, 4028, 65535}[:1+d.IntN(3)], Seed: d.Uint64(), Shards: 1 + d.Uint64N(4)}
			if r.plan.Targets, err = b.IPSet(); err != nil {
				t.Fatal(err)
			}
			allowed, _, err := scope.Split(r.plan.Targets)
			if err != nil {
				t.Fatal(err)
			}
			r.lab = wireLab(t, wire.Options{}, wire.Responder{
				Seed: uint32(seed), OpenOneIn: 20, RefusePercent: 50, Scope: allowed.Prefixes(),
				Pairs: wire.Pairs{Base: d.base, Ports: r.plan.Ports},
			})
			for shard := range r.plan.Shards {
				r.shard(t, shard)
			}
			r.check(t, allowed)
		})
	}
}

// check holds what the far side saw against what was allowed.
func (r *randomSweep) check(t *testing.T, allowed *netipx.IPSet) {
	seen, err := r.lab.Seen()
	if err != nil {
		t.Fatal(err)
	}
	var pairs, sent uint64
	for target, n := range seen.All() {
		sent += uint64(n)
		switch want := allowed.Contains(target.Addr()); {
		case want && n == 0:
			t.Errorf("%s is allowed and was not probed", target)
		case !want && n != 0:
			t.Errorf("%s is not allowed and was probed", target)
		case int(n) > 1+r.stops:
			t.Errorf("%s was probed %d times in %d runs", target, n, 1+r.stops)
		}
		if allowed.Contains(target.Addr()) {
			pairs++
		}
	}
	tally := r.lab.Tally()
	if tally.Outside != 0 || tally.SYNs != sent || r.sent != sent || pairs == 0 {
		t.Errorf("%d pairs are allowed, %d SYNs came to them, %d said to be sent: %+v", pairs, sent, r.sent, tally)
	}
	// What was in flight at a stop: the reply wait and a look at the cursor, at 8,000/s.
	if again := sent - pairs; again > r.doubled || again > uint64(r.stops)*8000/4 {
		t.Errorf("%d of %d pairs were probed again after %d stops, %d had passed the cursor", again, pairs, r.stops, r.doubled)
	}
	t.Logf("%d shards, %d stops, %d pairs, %d again", r.plan.Shards, r.stops, pairs, sent-pairs)
}

// TestRootSYNExclusionTakesEffectAtFullSpeed excludes one network, then
// revokes the grant of another, while everything leaves as fast as it can.
func TestRootSYNExclusionTakesEffectAtFullSpeed(t *testing.T) {
	const excluded, revoked, other = "100.64.0.0/16", "100.66.0.0/16", "100.65.0.0/16"
	l := wireLab(t, wire.Options{}, wire.Responder{
		Seed: 5, OpenOneIn: 1000, RefusePercent: 10, Watch: prefixesOf(excluded, revoked, other),
	})
	b := oneGrant("100.64.0.0/15", "100.67.0.0/16", "100.68.0.0/14")
	second := grantOf("second", revoked)
	second.Rate = 5_000_000
	b.grants = append(b.grants, second)
	plan := minesweep.Plan{Targets: setOf(t, "100.64.0.0/13"), Ports: []uint16{1, 2, 3, 4, 5, 6, 7, 8}, Seed: 11}
	s := wireJob{book: b, plan: plan, near: l.Near}.start(t)
	var at [2]time.Duration
	at[0] = s.after(t, l, 100_000)
	b.exclude(excluded)
	at[1] = s.after(t, l, 500_000)
	b.mu.Lock()
	b.grants[1].RevokedAt = time.Now().Add(-time.Millisecond)
	b.mu.Unlock()
	p := s.finish(t)

	end := l.Watched(2).Last
	for i, name := range []string{excluded, revoked} {
		line := l.Watched(i)
		late := line.Last - at[i]
		t.Logf("%s: last packet %s after it was forbidden, %s before the end", name, late, end-line.Last)
		if late > time.Second {
			t.Errorf("%s: a packet %s after it was forbidden", name, late)
		}
		if line.Count == 0 || end-at[i] < 1200*time.Millisecond || end-line.Last < 200*time.Millisecond {
			t.Errorf("%s: %d packets, the sweep ended %s after: this proves nothing", name, line.Count, end-at[i])
		}
	}
	if wire := l.Tally().SYNs; p.Sent != wire || p.Sent+p.Refused != p.Total || p.Refused < p.Total/16 {
		t.Errorf("%d on the wire: %+v", wire, p)
	}
	if rest := l.Watched(2).Count; rest != 8<<16 {
		t.Errorf("%d packets went to %s, which nobody forbade; want %d", rest, other, 8<<16)
	}
}

// TestRootSYNExclusionReachesABusyDevice excludes half of the targets while a
// device takes 35 packets/s: a batch that waits for it is decided about again.
func TestRootSYNExclusionReachesABusyDevice(t *testing.T) {
	t.Parallel()
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 5, RefusePercent: 50, Watch: prefixesOf("10.49.0.0/25", "10.49.0.128/25")})
	inside(t, l.Near, "tc qdisc replace dev near0 root handle 7: tbf rate 16kbit burst 1kb limit 200")
	b := oneGrant("10.49.0.0/24")
	plan := minesweep.Plan{Targets: setOf(t, "10.49.0.0/24"), Ports: []uint16{1, 2}, Seed: 11}
	s := wireJob{book: b, plan: plan, near: l.Near}.start(t)
	at := s.after(t, l, 30)
	b.exclude("10.49.0.0/25")
	for l.Watched(1).Last < at+1500*time.Millisecond && wire.Now() < at+4*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	s.halt(t)
	// A packet may lie in the device's own queue for a tenth of a second.
	late := l.Watched(0).Last - at
	t.Logf("last packet %s after it was forbidden", late)
	if late > time.Second || l.Watched(0).Count == 0 || l.Watched(1).Last < at+1500*time.Millisecond {
		t.Errorf("a packet %s after it was forbidden, others %s after", late, l.Watched(1).Last-at)
	}
}

// TestRootSYNReservedSpaceIsNeverSentTo grants what no host can be in.
func TestRootSYNReservedSpaceIsNeverSentTo(t *testing.T) {
	t.Parallel()
	const fine = "10.33.0.0/24"
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 5, OpenOneIn: 10, Scope: prefixesOf(fine)})
	plan := minesweep.Plan{Ports: []uint16{1, 2}, Targets: setOf(t, fine, "224.0.0.0/26", "239.255.255.0/26",
		"240.1.2.0/26", "255.255.255.192/26", "169.254.169.192/26")}
	s := wireJob{book: oneGrant(fine, "224.0.0.0/4", "240.0.0.0/4", "169.254.0.0/16"), plan: plan, near: l.Near}.start(t)
	p := s.finish(t)
	tally := l.Tally()
	if p.Refused != 5*64*2 || p.Sent != 512 || tally.SYNs != 512 || tally.Outside != 0 {
		t.Errorf("%+v\n%+v", p, tally)
	}
	isTruth(t, l, s.found(), setOf(t, fine), plan.Ports)
}
