package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"minesweep"
)

const (
	rereadEvery    = 500 * time.Millisecond
	loadWait       = 5 * time.Second
	staleAfter     = 10 * time.Second
	connectTimeout = 3 * time.Second
)

// ErrStale is wrapped by the refusals of a [Guard] that could not re-read its
// scope for 10 s. It is an [minesweep.ErrRefused] too.
var ErrStale = fmt.Errorf("%w: the scope could not be re-read for %s", minesweep.ErrRefused, staleAfter)

// GuardConfig is what a [Guard] needs.
type GuardConfig struct {
	// Load reads the scope that holds now. Required.
	Load func(context.Context) (*minesweep.Scope, error)
	// Rate and RatePer24 lower the grants' own budgets, in connection attempts
	// a second over everything and over each /24 (IPv6: /64); 0: the grants' own.
	Rate, RatePer24 int
	// Now tells the time and must go on: budgets refill by it. Required.
	Now func() time.Time
	// ConnectTimeout bounds one connect, which the round trips of the range may
	// shorten; 0: 3 s.
	ConnectTimeout time.Duration
	// Poke gets a token when the scope has changed, so that it is re-read at
	// once; nil: it is re-read twice a second, as it is anyway.
	Poke <-chan struct{}
}

// Guard is the one way out to a target. It refuses what the scope does not
// allow at the very moment of sending, and makes the rest wait for the budgets
// and for the host to be free. It is safe for concurrent use.
type Guard struct {
	cfg GuardConfig
	*outlook
	pace  *pacer
	share share
	// sharers24 is LaneConfig.Sharers24; 0 for a guard that is no lane.
	sharers24 int
	gate      atomic.Pointer[gate] // of the engine that makes its own packets; nil: none does

	admitted, refused, starved atomic.Uint64
}

// outlook is what all lanes of a guard see alike.
type outlook struct {
	present atomic.Pointer[reading]
	fault   atomic.Pointer[error] // why the last re-read failed; nil: it did not
	hosts   *hostGate
	own     ownListeners
	trips   roundTrips
}

// reading is a scope and the time at which its reading began.
type reading struct {
	scope *minesweep.Scope
	at    time.Time
}

// NewGuard returns a guard that holds the scope as cfg.Load gives it now. The
// scope is good for 10 s unless [Guard.Run] re-reads it.
func NewGuard(ctx context.Context, cfg GuardConfig) (*Guard, error) {
	switch {
	case cfg.Load == nil:
		return nil, errors.New("guard: no way to load the scope was given")
	case cfg.Now == nil:
		return nil, errors.New("guard: no clock was given")
	case cfg.Rate < 0 || cfg.RatePer24 < 0:
		return nil, errors.New("guard: a rate is below 0 packets/s")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	g := &Guard{cfg: cfg, outlook: &outlook{hosts: newHostGate()}, pace: newPacer(cfg.Now)}
	g.share.set(1)
	if err := g.reload(ctx); err != nil {
		return nil, err
	}
	return g, nil
}

// Run re-reads the scope twice a second, and when GuardConfig.Poke says so, for
// all lanes, and returns nil when ctx ends. A
// reading that fails leaves the last scope in force, for 10 s at most.
func (g *Guard) Run(ctx context.Context) error {
	tick := time.NewTicker(rereadEvery)
	defer tick.Stop()
	poke := g.cfg.Poke
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-poke:
			if !ok {
				poke = nil // whoever poked is gone
			}
		case <-tick.C:
		}
		g.fault.Store(errorPointer(g.reload(ctx)))
	}
}

func (g *Guard) reload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadWait)
	defer cancel()
	began := g.cfg.Now()
	scope, err := g.cfg.Load(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("scope: %w", err)
	case scope == nil:
		return errors.New("scope: nothing was loaded")
	}
	g.present.Store(&reading{scope: scope, at: began})
	return nil
}

func errorPointer(err error) *error {
	if err == nil {
		return nil
	}
	return &err
}

// Scope returns the scope read last.
func (g *Guard) Scope() *minesweep.Scope { return g.present.Load().scope }

// decide is the whole of the guard's judgement of an address.
func (g *Guard) decide(addr netip.Addr) (*minesweep.Grant, error) {
	r, err := g.fresh()
	if err != nil {
		return nil, err
	}
	return r.scope.Decide(addr)
}

// fresh returns the scope read last, or an error where that is too long ago.
func (g *Guard) fresh() (*reading, error) {
	r := g.present.Load()
	if g.cfg.Now().Sub(r.at) > staleAfter {
		if fault := g.fault.Load(); fault != nil {
			return nil, fmt.Errorf("%w: %w", ErrStale, *fault)
		}
		return nil, ErrStale
	}
	return r, nil
}

// Admit returns when one connection attempt to addr may be made now: the scope
// allows it, the budgets of everything, of the grant and of the /24 (IPv6: /64)
// have room, and no other connection of ours to the host stands. The caller
// makes the attempt at once and calls release when the connection is gone;
// release may be called again. An error that wraps [minesweep.ErrRefused]
// means that nothing may be sent; the other errors are those of ctx.
func (g *Guard) Admit(ctx context.Context, addr netip.Addr) (release func(), err error) {
	return g.admit(ctx, addr.Unmap(), nil, 0, func() {})
}

// admit is Admit with a line of limited length before the budgets, for a
// caller that asks for many targets at once: turns are given out first come
// first served, and others who share the budgets must not queue behind all.
// entered is called when the host is free and the budgets are waited for.
func (g *Guard) admit(ctx context.Context, addr netip.Addr, line *stepLine, step uint64, entered func()) (release func(), err error) {
	grant, err := g.decide(addr)
	if err != nil {
		g.refused.Add(1)
		return nil, err
	}
	// The host first: a budget waited for and then kept while the host is busy
	// would let a burst go when many hosts become free together.
	release, err = g.hosts.enter(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("host %s: waiting until it is free: %w", addr, err)
	}
	entered()
	if err := g.waitInLine(ctx, g.budgets(grant, addr), line, step); err != nil {
		release()
		return nil, fmt.Errorf("host %s: waiting for the budget: %w", addr, err)
	}
	if _, err := g.decide(addr); err != nil {
		release()
		g.refused.Add(1)
		return nil, err
	}
	g.admitted.Add(1)
	if gate := g.gate.Load(); gate != nil {
		gate.charge(addr)
	}
	return release, nil
}

func (g *Guard) waitInLine(ctx context.Context, budgets []budget, line *stepLine, step uint64) error {
	if line != nil {
		if err := line.enter(ctx, step); err != nil {
			return err
		}
		defer line.leave()
	}
	return g.pace.wait(ctx, budgets)
}

func (g *Guard) budgets(grant *minesweep.Grant, addr netip.Addr) []budget {
	whole, per24 := grant.Budget()
	if g.cfg.RatePer24 > 0 {
		per24 = min(per24, g.cfg.RatePer24)
	}
	out := []budget{
		{laneKey{prefix: neighbourhood(addr)}, per24 * max(g.sharers24, 1)},
		{laneKey{grant: grant.Name}, whole},
	}
	if p := grant.PrefixOf(addr); grant.RatePerPrefix > 0 && p.IsValid() {
		out = append(out, budget{laneKey{prefix: p, grant: grant.Name}, grant.RatePerPrefix})
	}
	if g.cfg.Rate > 0 {
		out = append(out, budget{laneKey{}, g.cfg.Rate})
	}
	return out
}

// neighbourhood is the /24 of an IPv4 address and the /64 of an IPv6 one.
func neighbourhood(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // fails for an invalid address only, which no grant covers
	return p
}

// Counts is what a [Guard] has done so far.
type Counts struct {
	Admitted uint64 // connection attempts let out
	Refused  uint64 // refused by scope, before or after waiting
	Starved  uint64 // attempts that this machine had no socket for, tried again
	MaxPer24 int    // most attempts let out to one /24 (IPv6: /64) within any 1 s
}

// Counts returns what the guard has done so far.
func (g *Guard) Counts() Counts {
	return Counts{Admitted: g.admitted.Load(), Refused: g.refused.Load(), Starved: g.starved.Load(), MaxPer24: g.pace.peak()}
}
