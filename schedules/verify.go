package schedules

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"go4.org/netipx"
	"golang.org/x/sync/errgroup"

	"minesweep"
	"minesweep/db"
)

const (
	// askAgainAfter leaves four hours until an asset was not asked for a day.
	askAgainAfter = 20 * time.Hour
	// forgetAfter is after how long without an answer an asset is left to the sweeps.
	forgetAfter = 30 * 24 * time.Hour
	// secondTry is how long after the first try the second one comes, and for how
	// long a try counts as the first.
	secondTry  = 15 * time.Minute
	firstCount = 12 * time.Hour

	verifyBatch = 256 // assets
	verifyAsks  = 64  // asked at the same time
	verifyPorts = 16  // of an asset
)

// Verifier asks known assets again between sweeps, so that the map says of each
// confirmed one, at least once a day within the windows of the schedules that
// cover it, whether it still answers.
type Verifier struct {
	Store    *db.Store
	Asker    minesweep.Asker // through the guard
	Judge    minesweep.Judge
	Assessor minesweep.Assessor
	Scrubber minesweep.Scrubber // nil keeps replies as they are
	// Scope is what may be asked now, by the guard.
	Scope func() *minesweep.Scope
	Node  string
	Now   func() time.Time
}

// Verification counts what became of the assets of a batch.
type Verification struct {
	Answered int // and were confirmed again
	Tried    int // did not; tried again later
	Missed   int // did not for the second time
	Refused  int // by the scope: not asked
}

// Run asks all assets that are due and returns when none is left, or with ctx.
func (v *Verifier) Run(ctx context.Context) error {
	for {
		batch, err := v.Due(ctx)
		if err != nil || len(batch) == 0 {
			return err
		}
		sum, err := v.Verify(ctx, batch)
		if err != nil {
			return err
		}
		if sum.Refused == len(batch) {
			return nil // the scope changes; the next run sees it
		}
	}
}

// Due returns the assets to be asked now: confirmed, not looked at for twenty
// hours, and covered by a grant, at its hours, of a schedule whose window is open.
func (v *Verifier) Due(ctx context.Context) ([]db.Due, error) {
	now := v.Now()
	open, err := v.open(ctx, now)
	if err != nil || len(open.Ranges()) == 0 {
		return nil, err
	}
	return v.Store.Due(ctx, db.DueFilter{
		Within: open, CheckedBefore: now.Add(-askAgainAfter), AnsweredSince: now.Add(-forgetAfter),
		TriedBefore: now.Add(-secondTry), Limit: verifyBatch,
	})
}

// open returns the addresses that may be verified at now.
func (v *Verifier) open(ctx context.Context, now time.Time) (*netipx.IPSet, error) {
	all, err := v.Store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := v.Store.Grants(ctx)
	if err != nil {
		return nil, err
	}
	named := make(map[string]bool)
	for _, s := range all {
		if s.PausedAt.IsZero() && s.Window.Contains(now) {
			for _, name := range s.Grants {
				named[name] = true
			}
		}
	}
	var b netipx.IPSetBuilder
	for _, g := range grants {
		if named[g.Name] && g.Standing(now) == "" {
			for _, p := range g.Prefixes {
				b.AddPrefix(p)
			}
		}
	}
	set, err := b.IPSet()
	if err != nil {
		return nil, err
	}
	allowed, _, err := v.Scope().Split(set)
	return allowed, err
}

// Verify asks a batch of assets and notes what became of each. It ends early
// with the first error of the store or of this machine; who was not asked then
// stays due.
func (v *Verifier) Verify(ctx context.Context, batch []db.Due) (Verification, error) {
	var mu sync.Mutex
	var sum Verification
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(verifyAsks)
	for _, due := range batch {
		group.Go(func() error {
			count, err := v.verify(gctx, due)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			*count(&sum)++
			return nil
		})
	}
	err := group.Wait()
	return sum, err
}

// verify asks one asset and returns where it counts.
func (v *Verifier) verify(ctx context.Context, due db.Due) (func(*Verification) *int, error) {
	refused := func(s *Verification) *int { return &s.Refused }
	grant, err := v.Scope().Decide(due.Address)
	if errors.Is(err, minesweep.ErrRefused) {
		return refused, nil
	}
	if err != nil {
		return nil, err
	}
	host, whole, err := v.ask(ctx, due, grant)
	if err != nil {
		return nil, err
	}
	keep := context.WithoutCancel(ctx)
	if sameDevice(due, host) {
		if !whole || host.AssetKey() != due.Key {
			return func(s *Verification) *int { return &s.Answered }, v.Store.Verified(keep, due, nil, v.Node)
		}
		return func(s *Verification) *int { return &s.Answered }, v.Store.Verified(keep, due, &host, v.Node)
	}
	if !v.allowed(due) {
		return refused, nil // meanwhile: the silence is ours
	}
	again := !due.TriedAt.IsZero() && len(due.Host.Ports) > 0 // without a port nothing was asked
	if again && v.Now().Sub(due.TriedAt) < firstCount {
		return func(s *Verification) *int { return &s.Missed }, v.Store.Missed(keep, due, v.Node)
	}
	return func(s *Verification) *int { return &s.Tried }, v.Store.Tried(keep, due)
}

// allowed reports whether an asset may be asked now.
func (v *Verifier) allowed(due db.Due) bool {
	_, err := v.Scope().Decide(due.Address)
	return err == nil
}

// ask asks the known ports of an asset and judges what they say; whole says that
// each of them answered.
func (v *Verifier) ask(ctx context.Context, due db.Due, grant *minesweep.Grant) (host minesweep.Host, whole bool, err error) {
	var open []minesweep.OpenPort
	var replies []minesweep.Reply
	ports := due.KnownPorts(verifyPorts)
	for _, p := range ports {
		port := minesweep.OpenPort{Target: netip.AddrPortFrom(due.Address, p), At: v.Now(), Engine: "verify"}
		got, err := v.Asker.Ask(ctx, port, minesweep.Known{Replies: replies, Confirmed: confirms(v.Judge.Judge(replies))})
		if err != nil {
			return host, false, err
		}
		if v.Scrubber != nil {
			got = v.Scrubber.Scrub(grant, got)
		}
		if answered(got) {
			open = append(open, port)
		}
		replies = append(replies, got...)
	}
	o := minesweep.Observation{
		Address: due.Address, Ports: open, PortsSwept: len(ports), Replies: replies,
		Evidence: v.Judge.Judge(replies), Grant: grant, At: v.Now(),
	}
	host = v.Assessor.Assess(o)
	host.FirstSeen, host.LastSeen = due.Host.FirstSeen, v.Now()
	return host, len(open) == len(due.Host.Ports), ctx.Err()
}
