//go:build root

package scanner

import (
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab/wire"
)

// slowStore takes a while for each hundred open ports, and notes how many more
// the far side had answered by then.
type slowStore struct {
	*gathered
	lab     *wire.Lab
	stored  atomic.Uint64
	waiting uint64 // most that were heard, or on their way, and not stored
	paused  uint64 // SYNs on the wire when a quarter was stored
	quarter uint64
}

func (s *slowStore) Found(p minesweep.OpenPort) error {
	if err := s.gathered.Found(p); err != nil {
		return err
	}
	n := s.stored.Add(1)
	if n%100 == 0 {
		time.Sleep(4 * time.Millisecond)
		s.waiting = max(s.waiting, s.lab.Tally().OpenHits-n)
	}
	if n == s.quarter {
		s.paused = s.lab.Tally().SYNs
	}
	return nil
}

// TestRootSYNWaitsForASlowStore finds four times as much as may wait.
func TestRootSYNWaitsForASlowStore(t *testing.T) {
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 6, OpenOneIn: 3})
	plan := minesweep.Plan{Targets: setOf(t, "10.50.0.0/17"), Ports: []uint16{1, 2, 3, 4, 5, 6}, Seed: 4}
	guard := newGuard(t, oneGrant("10.50.0.0/17"), time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = guard.Run(ctx) }()
	syn, err := NewSYN(SYNConfig{Guard: guard, Now: time.Now, Wait: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	store := &slowStore{gathered: &gathered{}, lab: l, quarter: 4096}
	if err := l.Near(func() error { return syn.Scan(t.Context(), plan, store) }); err != nil {
		t.Fatal(err)
	}
	isTruth(t, l, store.found(), plan.Targets, plan.Ports)
	p, tally := store.progress(), l.Tally()
	t.Logf("%d open, most waiting %d, %d of %d sent when a quarter of the room was stored", p.Open, store.waiting, store.paused, p.Sent)
	if p.Sent != p.Total || tally.SYNs != p.Sent || p.Dropped != 0 || p.Open != tally.OpenHits || store.doubled != 0 {
		t.Errorf("%+v\n%+v", p, tally)
	}
	// As many as may wait, those that the store is being given, and those in flight.
	if store.waiting > 2*unstoredMost+4096 || store.paused > p.Sent*3/4 || p.Open < 4*unstoredMost {
		t.Errorf("of %d open ports %d waited at a time", p.Open, store.waiting)
	}
}

// TestRootSYNSendsNothingMoreWhileAReportIsNotStored: the store is away for some
// seconds, as when its database starts again. What leaves until it is seen is
// little, and nothing is lost.
func TestRootSYNSendsNothingMoreWhileAReportIsNotStored(t *testing.T) {
	t.Parallel()
	const rate = 5000
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 6, OpenOneIn: 10})
	plan := minesweep.Plan{Targets: setOf(t, "10.52.0.0/18"), Ports: []uint16{4028}, Seed: 4}
	var once sync.Once
	var at, later uint64
	away := func(p minesweep.Progress) {
		if p.Sent < rate {
			return
		}
		once.Do(func() {
			time.Sleep(storedWithin + 200*time.Millisecond)
			at = l.Tally().SYNs
			time.Sleep(2 * time.Second)
			later = l.Tally().SYNs
		})
	}
	s := wireJob{book: oneGrant("10.52.0.0/18"), rate: rate, plan: plan, near: l.Near, watch: away}.start(t)
	p := s.finish(t)
	isTruth(t, l, s.found(), plan.Targets, plan.Ports)
	if at == 0 || later != at || p.Sent != p.Total {
		t.Errorf("%d packets before, %d after 2 s in which nothing was stored; %d of %d sent", at, later, p.Sent, p.Total)
	}
}

// TestRootSYNPasses walks twice, with 2 s between; what was silent at first
// answers the second time.
func TestRootSYNPasses(t *testing.T) {
	t.Parallel()
	const gap = 2 * time.Second
	watched := []string{"10.51.0.1/32", "10.51.0.77/32", "10.51.0.130/32", "10.51.0.255/32"}
	r := wire.Responder{Seed: 6, OpenOneIn: 10, Watch: prefixesOf(watched...),
		Pairs: wire.Pairs{Base: netip.MustParsePrefix("10.51.0.0/23"), Ports: []uint16{4028}}}
	l := wireLab(t, wire.Options{}, r)
	// The rate rises in the first pass, and not in the second.
	plan := minesweep.Plan{Targets: setOf(t, "10.51.0.0/23"), Ports: []uint16{4028}, Seed: 4, Passes: 2, PassGap: gap}
	s := wireJob{book: oneGrant("10.51.0.0/23"), rate: 600, plan: plan, near: l.Near}.start(t)
	p := s.finish(t)
	isTruth(t, l, s.found(), plan.Targets, plan.Ports)
	seen, err := l.Seen()
	if err != nil {
		t.Fatal(err)
	}
	for target, n := range seen.All() {
		if n != 2 {
			t.Errorf("%s was probed %d times", target, n)
		}
	}
	if p.Sent != 1024 || s.doubled != 0 {
		t.Errorf("%+v, %d doubled", p, s.doubled)
	}
	for i, name := range watched {
		if line := l.Watched(i); line.Count != 2 || line.Last-line.First < gap {
			t.Errorf("%s: %d probes %s apart", name, line.Count, line.Last-line.First)
		}
	}
}

// TestRootSYNSecondPassFindsWhatWasSilent lets everything wake up in between.
func TestRootSYNSecondPassFindsWhatWasSilent(t *testing.T) {
	t.Parallel()
	asleep := wire.Responder{Seed: 6, OpenOneIn: 10, Places: []wire.Place{{Prefix: netip.MustParsePrefix("10.52.0.128/25"), Kind: wire.Silent}}}
	l := wireLab(t, wire.Options{}, asleep)
	plan := minesweep.Plan{Targets: setOf(t, "10.52.0.0/24"), Ports: []uint16{1, 2}, Seed: 4, Passes: 2, PassGap: time.Second}
	s := wireJob{book: oneGrant("10.52.0.0/24"), rate: 2000, plan: plan, near: l.Near}.start(t)
	s.after(t, l, 512)
	awake := asleep
	awake.Places = nil
	if err := l.Answer(awake); err != nil {
		t.Fatal(err)
	}
	p := s.finish(t)
	isTruth(t, l, s.found(), plan.Targets, plan.Ports)
	if p.Sent != 1024 || l.Tally().SYNs != 512 {
		t.Errorf("%+v, %d in the second pass", p, l.Tally().SYNs)
	}
}

// TestRootSYNFindsWhatNaabuFinds holds both engines against one laboratory.
func TestRootSYNFindsWhatNaabuFinds(t *testing.T) {
	const targets, excluded = "10.53.0.0/24", "10.53.0.64/28"
	r := wire.Responder{Seed: 6, OpenOneIn: 20, RefusePercent: 30}
	l := wireLab(t, wire.Options{NoGRO: true}, r)
	ports := []uint16{80, 4028, 3333}
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: ports, Seed: 4}
	b := oneGrant(targets)
	b.exclude(excluded)
	s := wireJob{book: b, rate: 2000, plan: plan, near: l.Near}.start(t)
	p := s.finish(t)

	job := nearJob{Helper: buildHelper(t), Engine: "syn", Grant: targets, Exclude: excluded, Targets: targets, Ports: "80,4028,3333"}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd := exec.Command(os.Args[0], "-test.run=^TestNearPart$", "-test.v")
	cmd.Env = append(os.Environ(), nearPart+"="+string(text))
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := l.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	var naabu nearResult
	for line := range strings.Lines(out.String()) {
		if text, ok := strings.CutPrefix(line, "result "); ok {
			if err := json.Unmarshal([]byte(text), &naabu); err != nil {
				t.Fatal(err)
			}
		}
	}
	if naabu.Error != "" || naabu.Progress.Refused != p.Refused || p.Refused != 48 || len(naabu.Found) < 20 {
		t.Fatalf("naabu: %+v\nSYN: %+v", naabu, p)
	}
	for target, engine := range naabu.Found {
		if _, ok := s.found()[netip.MustParseAddrPort(target)]; !ok || engine != "syn" {
			t.Errorf("naabu found %s by %s, SYN did not", target, engine)
		}
	}
	for target := range s.found() {
		if _, ok := naabu.Found[target.String()]; !ok {
			t.Errorf("SYN found %s, naabu did not", target)
		}
	}
}
