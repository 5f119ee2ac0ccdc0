//go:build root

package scanner

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"minesweep"
	"minesweep/lab/wire"
)

// TestRootSYNNamedCanary sweeps with a canary that answers and with one that
// does not.
func TestRootSYNNamedCanary(t *testing.T) {
	t.Parallel()
	r := wire.Responder{Seed: 4, OpenOneIn: 10, Places: []wire.Place{{Prefix: netip.MustParsePrefix("10.43.9.0/24"), Kind: wire.Silent}}}
	l := wireLab(t, wire.Options{}, r)
	var open netip.AddrPort
	for open = range r.Truth(prefixesOf("10.43.8.0/24"), []uint16{4028}) {
		break
	}
	plan := minesweep.Plan{Targets: setOf(t, "10.43.0.0/22"), Ports: []uint16{1, 2}, Seed: 4}
	job := wireJob{book: oneGrant("10.43.0.0/16"), rate: 20_000, plan: plan, near: l.Near}
	job.config = func(c *SYNConfig) { c.Canary = open }
	s := job.start(t)
	p := s.finish(t)
	isTruth(t, l, s.found(), plan.Targets, plan.Ports)
	if n := l.Tally().SYNs; n != p.Total+2 || p.Sent != n {
		t.Errorf("%d SYNs for %d probes and a canary at the start and the end: %+v", n, p.Total, p)
	}

	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	job.config = func(c *SYNConfig) { c.Canary = netip.MustParseAddrPort("10.43.9.1:4028") }
	began := time.Now()
	s = job.start(t)
	err := <-s.ended
	if err == nil || !strings.Contains(err.Error(), "canary 10.43.9.1:4028 was not heard") || time.Since(began) > 8*time.Second {
		t.Errorf("a silent canary after %s: %v", time.Since(began), err)
	}
	if p := s.progress(); p.Cursor != 0 || l.Tally().SYNs > canaryTries {
		t.Errorf("%d packets behind a silent canary: %+v", l.Tally().SYNs, p)
	}
}

// TestRootSYNGoesDeaf lets all answers end in the middle of a sweep, and goes
// on from the cursor when they are back: everything open is found.
func TestRootSYNGoesDeaf(t *testing.T) {
	t.Parallel()
	r := wire.Responder{Seed: 4, OpenOneIn: 20, RefusePercent: 20}
	l := wireLab(t, wire.Options{}, r)
	const targets = "10.44.0.0/18"
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: []uint16{1, 2, 3, 4}, Seed: 4}
	s := wireJob{book: oneGrant(targets), rate: 6000, plan: plan, near: l.Near}.start(t)
	s.after(t, l, 4000)
	mute := r
	mute.OpenOneIn, mute.RefusePercent = 0, 0
	if err := l.Answer(mute); err != nil {
		t.Fatal(err)
	}
	err := <-s.ended
	if err == nil || !strings.Contains(err.Error(), "went deaf") {
		t.Fatalf("it ended with %v, %+v", err, s.progress())
	}
	deaf, lost := s.progress(), l.Tally().SYNs
	t.Logf("%v; %d sent, %d of them to nobody, cursor %d", err, deaf.Sent, lost, deaf.Cursor)
	if deaf.Cursor > deaf.Sent-lost || deaf.Cursor == 0 || lost < 6000 {
		t.Errorf("%d of %d packets went to nobody, and the cursor is %d", lost, deaf.Sent, deaf.Cursor)
	}
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	plan.Cursor = deaf.Cursor
	again := wireJob{book: oneGrant(targets), plan: plan, near: l.Near}.start(t)
	again.finish(t)
	all := maps.Clone(s.found())
	maps.Copy(all, again.found())
	isTruth(t, l, all, plan.Targets, plan.Ports)
}

// TestRootSYNGoesDeafWhereAnswersAreRare has nothing but its canary to tell.
func TestRootSYNGoesDeafWhereAnswersAreRare(t *testing.T) {
	t.Parallel()
	r := wire.Responder{Seed: 4, OpenOneIn: 4000}
	l := wireLab(t, wire.Options{}, r)
	const targets = "10.45.0.0/17"
	var open netip.AddrPort
	for open = range r.Truth(prefixesOf("10.46.0.0/16"), []uint16{4028}) {
		break
	}
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: []uint16{1, 2}, Seed: 4}
	job := wireJob{book: oneGrant(targets, "10.46.0.0/16"), rate: 3000, plan: plan, near: l.Near}
	job.config = func(c *SYNConfig) { c.Canary = open }
	s := job.start(t)
	s.after(t, l, 1500)
	if err := l.Answer(wire.Responder{Seed: 4}); err != nil {
		t.Fatal(err)
	}
	err := <-s.ended
	if err == nil || !strings.Contains(err.Error(), open.String()+" was not heard") {
		t.Fatalf("it ended with %v, %+v", err, s.progress())
	}
	p, lost := s.progress(), l.Tally().SYNs
	t.Logf("%v; %d sent, %d of them to nobody, cursor %d", err, p.Sent, lost, p.Cursor)
	if p.Cursor > p.Sent-min(lost, p.Sent) {
		t.Errorf("%d of %d packets went to nobody, and the cursor is %d", lost, p.Sent, p.Cursor)
	}
}

// puppet has take answer the SYNs that come to f0.
func (w *wiring) puppet(t *testing.T, take func(fd int, syn []byte)) {
	frames(t, w.far, "f0", func(fd int, frame []byte) {
		if len(frame) >= 54 && binary.BigEndian.Uint16(frame[12:]) == unix.ETH_P_IP && frame[23] == protoTCP && frame[47] == flagSYN {
			take(fd, frame)
		}
	})
}

// forgery is an answer that a puppet gives to a SYN.
type forgery struct {
	name     string
	times    int
	ack      uint32 // more than the right one
	port     uint16 // differs from the right one of ours, counted from spanFrom, by these bits
	follows  bool   // the acknowledgement is right for that port
	flags    byte
	found    bool
	vlan     bool
	from     byte // the last byte of the address that answers, 0: the one probed
	received uint64
}

// forged is how a puppet answers the SYN to the address that ends in its index.
var forged = []forgery{
	{name: "silent"},
	{name: "once", times: 1, flags: flagSYN | flagACK, found: true, received: 1},
	{name: "five times", times: 5, flags: flagSYN | flagACK, found: true, received: 5},
	{name: "wrong acknowledgement", times: 3, ack: 1, flags: flagSYN | flagACK},
	{name: "another port of ours", times: 1, port: 1, flags: flagSYN | flagACK},
	{name: "another block of our ports", times: 1, port: 32, follows: true, flags: flagSYN | flagACK},
	{name: "another address", times: 1, from: 200, flags: flagSYN | flagACK},
	{name: "no ACK", times: 1, flags: flagSYN},
	{name: "forged reset", times: 2, ack: 77, flags: flagRST | flagACK},
	{name: "tagged with a VLAN", times: 1, flags: flagSYN | flagACK, found: true, vlan: true, received: 1},
	{name: "reset", times: 1, flags: flagRST | flagACK, received: 1},
}

// spanFrom is the first source port that the forged probes leave from.
const spanFrom = 61_000

// forge writes the frame that answers a SYN as f says.
func forge(syn []byte, f forgery) []byte {
	be := binary.BigEndian
	b := make([]byte, 54, 60)
	copy(b[0:], syn[6:12])
	copy(b[6:], syn[0:6])
	be.PutUint16(b[12:], unix.ETH_P_IP)
	ip, tcp := b[14:34], b[34:54]
	copy(ip, []byte{0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, protoTCP})
	copy(ip[12:], syn[30:34])
	copy(ip[16:], syn[26:30])
	if f.from != 0 {
		ip[15] = f.from
	}
	copy(tcp[0:], syn[36:38])
	asked := be.Uint16(syn[34:])
	own := spanFrom + (asked - spanFrom) ^ f.port
	ack := be.Uint32(syn[38:]) + 1 + f.ack
	if f.follows { // what somebody who has seen the probe may work out
		ack += sequenceOf(0, own) - sequenceOf(0, asked)
	}
	be.PutUint16(tcp[2:], own)
	be.PutUint32(tcp[8:], ack)
	tcp[12], tcp[13] = 5<<4, f.flags
	be.PutUint16(ip[10:], sumOf(0, ip))
	be.PutUint16(tcp[16:], sumOf(protoTCP+20, ip[12:20], tcp))
	if f.vlan {
		b = slices.Insert(b, 12, 0x81, 0, 0, 7)
	}
	return b
}

func sumOf(sum uint32, parts ...[]byte) uint16 {
	for _, b := range parts {
		for i := 0; i < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	return fold(sum)
}

// TestRootSYNBelievesNoForgery has a puppet answer for the far side.
func TestRootSYNBelievesNoForgery(t *testing.T) {
	t.Parallel()
	w := newWiring(t)
	w.near.join(t, "e0", w.far, "f0")
	w.near.ip(t, "addr add 10.61.0.1/24 dev e0", "route add 10.70.0.0/24 via 10.61.0.2")
	w.far.ip(t, "addr add 10.61.0.2/24 dev f0")
	probes := make(map[byte]int)
	var mu sync.Mutex
	w.puppet(t, func(fd int, syn []byte) {
		i := syn[33]
		mu.Lock()
		defer mu.Unlock()
		probes[i]++
		for range forged[i].times {
			_, _ = unix.Write(fd, forge(syn, forged[i]))
		}
	})
	targets := fmt.Sprintf("10.70.0.0-10.70.0.%d", len(forged)-1)
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: []uint16{4028}, Seed: 4}
	s := wireJob{book: oneGrant("10.70.0.0/24"), plan: plan, near: w.near.Inside,
		config: func(c *SYNConfig) { c.SourcePorts = fmt.Sprintf("%d-%d", spanFrom, spanFrom+63) }}.start(t)
	p := s.finish(t)
	mu.Lock()
	defer mu.Unlock()
	var opens, received uint64
	for i, f := range forged {
		target := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 70, 0, byte(i)}), 4028)
		if _, ok := s.found()[target]; ok != f.found || probes[byte(i)] != 1 {
			t.Errorf("%s: found %v after %d probes; want %v", f.name, ok, probes[byte(i)], f.found)
		}
		if received += f.received; f.found {
			opens++
		}
	}
	if p.Open != opens || uint64(len(s.found())) != opens || s.doubled != 0 || p.Closed != 1 || p.Received != received+2 {
		t.Errorf("want %d open, %d answers and two canaries': %+v, %v", opens, received, p, s.found())
	}
}

// TestRootSYNInterfaceGoesDown takes the cable's end away from under a sweep.
func TestRootSYNInterfaceGoesDown(t *testing.T) {
	t.Parallel()
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 4, OpenOneIn: 20, RefusePercent: 20})
	plan := minesweep.Plan{Targets: setOf(t, "10.47.0.0/17"), Ports: []uint16{1, 2, 3, 4}, Seed: 4}
	s := wireJob{book: oneGrant("10.47.0.0/16"), rate: 10_000, plan: plan, near: l.Near}.start(t)
	s.after(t, l, 10_000)
	inside(t, l.Near, "ip link set near0 down")
	began := time.Now()
	err := <-s.ended
	if err == nil || !strings.Contains(err.Error(), "interface near0 is down") || time.Since(began) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	p, n := s.progress(), l.Tally().SYNs
	if p.Cursor == 0 || p.Cursor > n || p.Sent < n {
		t.Errorf("%d came: %+v", n, p)
	}
}

// TestRootSYNLosesNothingToABusyDevice narrows the queue until it is always full.
func TestRootSYNLosesNothingToABusyDevice(t *testing.T) {
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 4, OpenOneIn: 100, RefusePercent: 10})
	for i, queue := range []string{"pfifo limit 4", "tbf rate 4mbit burst 1kb limit 300"} {
		if err := l.Answer(*l.Responder()); err != nil {
			t.Fatal(err)
		}
		inside(t, l.Near, fmt.Sprintf("tc qdisc replace dev near0 root handle %d: %s", 7+i, queue))
		plan := minesweep.Plan{Targets: setOf(t, []string{"10.48.0.0/17", "10.48.0.0/21"}[i]), Ports: []uint16{1, 2}, Seed: 4}
		s := wireJob{book: oneGrant("10.48.0.0/16"), plan: plan, near: l.Near}.start(t)
		p := s.finish(t)
		if tally := l.Tally(); p.Sent != p.Total || tally.SYNs != p.Sent || p.Errors != 0 {
			t.Errorf("%s: %d came: %+v", queue, tally.SYNs, p)
		}
		isTruth(t, l, s.found(), plan.Targets, plan.Ports)
		var out []byte
		if err := l.Near(func() (err error) {
			out, err = exec.Command("tc", "-s", "qdisc", "show", "dev", "near0").Output()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(queue, "tbf") && strings.Contains(string(out), "(dropped 0,") {
			t.Errorf("%s: the queue was never full, so this proves nothing", queue)
		}
	}
}

// TestRootSYNWaitsForSlowAnswers has everybody answer 150 ms late, stops in the
// middle and goes on: the cursor has not passed whose answer was on its way.
func TestRootSYNWaitsForSlowAnswers(t *testing.T) {
	t.Parallel()
	const late = 150 * time.Millisecond
	w := newWiring(t)
	w.near.join(t, "e0", w.far, "f0")
	w.near.ip(t, "addr add 10.61.0.1/24 dev e0", "route add 10.71.0.0/16 via 10.61.0.2")
	w.far.ip(t, "addr add 10.61.0.2/24 dev f0")
	var waiting sync.WaitGroup
	w.puppet(t, func(fd int, syn []byte) {
		reply := forge(syn, forgery{flags: flagSYN | flagACK})
		waiting.Add(1)
		time.AfterFunc(late, func() {
			defer waiting.Done()
			_, _ = unix.Write(fd, reply)
		})
	})
	plan := minesweep.Plan{Targets: setOf(t, "10.71.0.0/21"), Ports: []uint16{1}, Seed: 4}
	job := wireJob{book: oneGrant("10.71.0.0/16"), rate: 2000, plan: plan, near: w.near.Inside}
	s := job.start(t)
	time.AfterFunc(700*time.Millisecond, s.stop)
	if err := <-s.ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	job.plan.Cursor = s.progress().Cursor
	again := job.start(t)
	p := again.finish(t)
	waiting.Wait()
	all := maps.Clone(s.found())
	maps.Copy(all, again.found())
	t.Logf("stopped at %d of %d with %d sent", job.plan.Cursor, p.Total, s.progress().Sent)
	if len(all) != 2048 || job.plan.Cursor == 0 || s.progress().Sent+p.Sent > 2048+1000 {
		t.Errorf("%d of 2048 found; stopped at %+v", len(all), s.progress())
	}
}
