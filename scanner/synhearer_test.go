package scanner

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"minesweep"
)

func newTestHearer(t *testing.T) (*hearer, *fakeClock) {
	t.Helper()
	gt, clock := newGateFor(t, &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}, GuardConfig{}, "10.0.0.0/16")
	return newHearer(newProof(1, 2, testPorts), gt), clock
}

// answerTo is the packet that answers a probe sent in the slot of sent.
func answerTo(h *hearer, target string, port uint16, sent time.Duration, flags byte) []byte {
	own := addressFor("192.0.2.1")
	return reply(probeFor(h.proof, own, addressFor(target), port, uint64(int64(sent)/slotLength)), flags, 29200, nil)
}

func TestHearerBelievesWhatProvesItself(t *testing.T) {
	h, _ := newTestHearer(t)
	good := answerTo(h, "10.0.0.1", 80, time.Second, flagSYN|flagACK)
	forged := answerTo(h, "10.0.0.2", 80, time.Second, flagSYN|flagACK)
	forged[ip4Header+11] ^= 1
	at := int64(time.Second + 40*time.Millisecond)
	h.hear([]receivedPacket{
		{good, at}, {forged, at}, {good, at + 1}, {[]byte("noise"), at},
		{answerTo(h, "10.0.0.3", 80, time.Second, flagRST|flagACK), at},
		{answerTo(h, "10.0.0.4", 80, time.Second, flagACK), at},
	})
	if h.open.Load() != 1 || h.closed.Load() != 1 || h.received.Load() != 3 {
		t.Errorf("open %d, closed %d, received %d", h.open.Load(), h.closed.Load(), h.received.Load())
	}
	var found []minesweep.OpenPort
	must := func(p minesweep.OpenPort) error { found = append(found, p); return nil }
	if err := h.hand(must); err != nil || len(found) != 1 || found[0].Target != netip.MustParseAddrPort("10.0.0.1:80") ||
		!found[0].Stack.Heard || found[0].Stack.Window != 29200 || found[0].Stack.TTL != 61 || found[0].Engine != "syn" {
		t.Errorf("found %+v, %v", found, err)
	}
	if err := h.hand(must); err != nil || len(found) != 1 {
		t.Error("an open port was handed over twice")
	}
}

func TestHearerLearnsHowLongAnswersTake(t *testing.T) {
	h, _ := newTestHearer(t)
	var rtts []time.Duration
	h.rtt = func(_ netip.Addr, d time.Duration) { rtts = append(rtts, d) }
	if h.wait(time.Second) != time.Second {
		t.Error("the wait is shortened before anything is known")
	}
	for i := range 200 {
		sent := time.Duration(i) * 10 * time.Millisecond
		target := addressOf4(10<<24 | uint32(i)).addr().String()
		h.hear([]receivedPacket{{answerTo(h, target, 80, sent, flagSYN|flagACK), int64(sent + 70*time.Millisecond)}})
	}
	if got := h.wait(time.Second); got < 70*time.Millisecond || got > 200*time.Millisecond {
		t.Errorf("answers took 70 ms, the wait is %s", got)
	}
	if len(rtts) != 200 || rtts[9] > 130*time.Millisecond || rtts[9] < 70*time.Millisecond {
		t.Errorf("%d round trips, such as %s", len(rtts), rtts[9])
	}
	slow := answerTo(h, "10.0.200.1", 80, 2*time.Second, flagSYN|flagACK)
	h.hear([]receivedPacket{{slow, int64(2*time.Second + 600*time.Millisecond)}})
	if got := h.wait(time.Second); got < 600*time.Millisecond {
		t.Errorf("an answer took 600 ms, the wait is %s", got)
	}
	if got := h.wait(200 * time.Millisecond); got != 200*time.Millisecond {
		t.Errorf("the wait is %s, at most 200 ms were asked for", got)
	}
}

func TestHearerHoldsTheSenderBack(t *testing.T) {
	h, _ := newTestHearer(t)
	for i := range unstoredMost {
		if h.full() {
			t.Fatalf("full with %d", i)
		}
		target := addressOf4(10<<24 | uint32(i)).addr().String()
		h.hear([]receivedPacket{{answerTo(h, target, 80, time.Second, flagSYN|flagACK), int64(time.Second)}})
	}
	if !h.full() {
		t.Error("never full")
	}
}

func TestDeafness(t *testing.T) {
	const second = int64(time.Second)
	for _, c := range []struct {
		name           string
		sent, received uint64 // in each second until answers stop
		silentFor      int64  // seconds
		deaf           bool
	}{
		{"an answer in ten, silent for 5 s", 1000, 100, 5, true},
		{"silent for 2 s only", 1000, 100, 2, false},
		{"too rare to tell", 1000, 1, 5, false},
		{"rare, silent for long", 1000, 1, 60, true},
		{"nothing ever answered", 1000, 0, 60, false},
		{"one early answer", 1000, 0, 60, false},
	} {
		var d deafness
		var err error
		sent, received, last := uint64(0), uint64(0), int64(0)
		if c.name == "one early answer" {
			_, received, last = d.check(2, 1, 1, 1), 1, 1
		}
		for now := second; now <= (10+c.silentFor)*second; now += second {
			sent += c.sent
			if now <= 10*second && c.received > 0 {
				received += c.received
				last = now
			}
			if err == nil {
				err = d.check(sent, received, last, now)
			}
		}
		if (err != nil) != c.deaf || err != nil && !strings.Contains(err.Error(), "went deaf") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestProvenFallsBackOnTheCanary(t *testing.T) {
	var d deafness
	d.canary.Store(900)
	if got := d.proven(10_000, 1000, 500, int64(time.Second)); got != 500 {
		t.Errorf("with many answers: %d", got)
	}
	if got := d.proven(10_000, 1, 500, int64(10*time.Second)); got != 900 {
		t.Errorf("with few answers: %d", got)
	}
	d.sentAtLast = 10_000
	if got := d.proven(12_000, 40, 500, int64(10*time.Second)); got != 500 {
		t.Errorf("with few answers, of which some should have come since: %d", got)
	}
}

func TestPeakRateLooksAtAnySecond(t *testing.T) {
	var r peakRate
	ms := func(n int64) int64 { return n * int64(time.Millisecond) }
	for at := int64(0); at < 3000; at += 10 {
		r.add(ms(at), 1)
	}
	if got := r.most.Load(); got != 100 {
		t.Fatalf("100/s have a peak of %d", got)
	}
	r.add(ms(4500), 90)
	r.add(ms(5400), 90)
	r.add(ms(9000), 90)
	if got := r.most.Load(); got != 180 {
		t.Errorf("the peak is %d, want 180", got)
	}
}
