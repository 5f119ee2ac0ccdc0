package scanner

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"minesweep"
)

const (
	checkpointEvery = 30 * time.Millisecond
	refreshEvery    = 5 * time.Second
	rampMost        = time.Second
	rampShare       = 20 // of the sweep's length
	attendNice      = -10
)

// mayCapture reports whether this process may open packet sockets.
func mayCapture() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("packets of our own need root or CAP_NET_RAW (%w): setcap cap_net_raw+ep on the program gives it", err)
	}
	return unix.Close(fd)
}

// synScan is one run of [SYN.Scan].
type synScan struct {
	cfg    SYNConfig
	plan   minesweep.Plan
	course *course
	sink   minesweep.Sink
	gate   *gate

	routes *routes
	held   *heldPorts
	doors  *doors
	rings  []*ring
	local  *localCanary

	drops  *deviceDrops
	sender *sender
	hearer *hearer
	deaf   deafness
	named  canaryWatch // of cfg.Canary
	mishap sync.Once

	settled standing     // that of the last report
	storing atomic.Int64 // when the report that is being stored began; 0: none is

	sending atomic.Bool // the sender walks the course, and takes errands
	singing sync.Mutex  // one look at the canaries at a time
}

// Scan probes every target of the plan from its cursor on. It returns nil when
// all are settled, or those that were probed when the plan was stopped, ctx.Err()
// as soon as ctx ends, and otherwise one sentence that says why the engine could
// not go on. It reports the last progress in every case. Sockets are opened in the network namespace of the caller's thread.
func (s *SYN) Scan(ctx context.Context, plan minesweep.Plan, sink minesweep.Sink) error {
	course, err := newCourse(plan)
	if err != nil {
		return err
	}
	if plan.Cursor >= course.total {
		return sink.Progress(minesweep.Progress{Cursor: course.total, Total: course.total})
	}
	gate, done, err := s.cfg.Guard.openGate(plan)
	if err != nil {
		return err
	}
	defer done()
	scan := &synScan{cfg: s.cfg, plan: plan, course: course, sink: sink, gate: gate, settled: course.begin(plan)}
	defer scan.close()
	if err := scan.open(ctx, s.span); err != nil {
		return err
	}
	err = scan.run(ctx)
	if lost := scan.drops.sentence(); lost != "" {
		s.cfg.Notice(lost)
	}
	if last := scan.report(err == nil); err == nil {
		err = last
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// open finds the ways out and opens every socket.
func (s *synScan) open(ctx context.Context, span portSpan) error {
	var err error
	if s.routes, err = findRoutes(ctx, s.plan.Targets, routeConfig{Interface: s.cfg.Interface, Sources: s.cfg.Sources}); err != nil {
		return err
	}
	if s.held, err = holdPorts(s.routes.sources(), span); err != nil {
		return err
	}
	if s.held.notice != "" {
		s.cfg.Notice(s.held.notice)
	}
	s.drops = newDeviceDrops(s.routes)
	if s.doors, err = openDoors(s.routes); err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	if err := s.openFastDoors(); err != nil {
		return err
	}
	proof, err := randomProof(s.held.span)
	if err != nil {
		return err
	}
	s.hearer = newHearer(proof, s.gate)
	s.sender = newSender(s.gate, s.course, s.plan, proof, s.doors, len(s.doors.list))
	s.sender.full, s.sender.mishap = s.holdsBack, s.tell
	s.hearer.canary, s.hearer.rtt = s.heardCanary, s.cfg.Guard.ObserveRTT
	if s.cfg.Canary.IsValid() {
		s.named.target = netip.AddrPortFrom(s.cfg.Canary.Addr().Unmap(), s.cfg.Canary.Port())
	}
	s.local, err = openLocalCanary(s.cfg.Guard, proof)
	return err
}

func randomProof(span portSpan) (*proof, error) {
	var key [16]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	return newProof(binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:]), span), nil
}

// listen opens a ring for each device and version of IP, and for loopback.
func (s *synScan) listen() error {
	type ear struct {
		index int
		is4   bool
	}
	lo, err := loopback()
	if err != nil {
		return err
	}
	open := map[ear]string{{lo, true}: "loopback"}
	for _, h := range s.routes.hops() {
		open[ear{h.index, h.sources[0].Is4()}] = h.name
	}
	for e, name := range open {
		blocks := ringBlocks
		if e.index == lo {
			blocks = canaryBlocks
		}
		r, err := openRing(e.index, name, e.is4, s.held.span, blocks)
		if err != nil {
			return err
		}
		s.rings = append(s.rings, r)
	}
	return nil
}

// rampFor is how long the rate rises: a twentieth of the time that the rest
// takes at least, by the rate that was asked for; not at all where it was as high
// a moment ago.
func (s *synScan) rampFor() (int64, error) {
	rate, err := s.gate.rate()
	if err != nil || rate == 0 || s.plan.Warm {
		return 0, err
	}
	seconds := float64(s.course.total-s.plan.Cursor) / float64(rate)
	return int64(min(seconds/rampShare*float64(time.Second), float64(rampMost))), nil
}

// run sends, hears and reports until the course is done and the last answers
// were waited for.
func (s *synScan) run(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	side, done := context.WithCancel(gctx)
	defer done()
	for _, r := range s.rings {
		group.Go(func() error { return s.attend(side, r) })
	}
	group.Go(func() error { return every(side, checkpointEvery, func() error { return s.report(false) }) })
	group.Go(func() error { return every(side, refreshEvery, func() error { return s.refresh(side) }) })
	group.Go(func() error { return every(side, canaryEvery, func() error { return s.canariesMeanwhile(side) }) })
	group.Go(func() error {
		defer done()
		return s.discover(gctx)
	})
	return group.Wait()
}

// discover is the scan itself, between two canaries.
func (s *synScan) discover(ctx context.Context) error {
	if err := s.canaries(ctx, s.sender.single); err != nil {
		return err
	}
	ramp, err := s.rampFor()
	if err != nil {
		return err
	}
	s.gate.rise(ramp)
	s.sending.Store(true)
	err = s.sender.run(ctx)
	s.sending.Store(false)
	if err != nil {
		return err
	}
	if err := sleep(ctx, s.cfg.Wait); err != nil {
		return err
	}
	return s.canaries(ctx, s.sender.single)
}

// attend reads what one device receives.
func (s *synScan) attend(ctx context.Context, r *ring) error {
	// What waits here is lost when the ring is full; questions can wait. The
	// thread is not given back: it ends with this goroutine.
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), attendNice) // without the right it stays as it is
	for ctx.Err() == nil {
		if err := r.wait(100 * time.Millisecond); err != nil {
			return fmt.Errorf("listening on %s: %w", r.name, err)
		}
		for r.read(s.gate.now, s.hearer.hear) {
		}
	}
	return nil
}

// refresh follows the gateways' MACs. A silent gateway is told, not fatal: the
// canary and the evenness of answers decide whether the engine still hears.
func (s *synScan) refresh(ctx context.Context) error {
	changed, err := s.routes.refresh(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		s.cfg.Notice(err.Error())
	case changed:
		s.cfg.Notice("a gateway has a new MAC; packets go there from now on")
	}
	return nil
}

func (s *synScan) tell(a address, err error) {
	s.mishap.Do(func() { s.cfg.Notice(describe(a, err)) })
}

func (s *synScan) close() {
	if s.local != nil {
		s.local.close()
	}
	for _, r := range s.rings {
		r.close()
	}
	if s.doors != nil {
		s.doors.close()
	}
	if s.held != nil {
		s.held.release()
	}
	if s.routes != nil {
		s.routes.close()
	}
}
