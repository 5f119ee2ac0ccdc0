package scanner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"minesweep"
)

// book is a store of grants and exclusions that can be changed and can fail.
type book struct {
	mu         sync.Mutex
	grants     []minesweep.Grant
	exclusions []minesweep.Exclusion
	fault      error
	loads      chan struct{} // gets a token for each load, where it is not nil
}

func (b *book) load(context.Context) (*minesweep.Scope, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loads != nil {
		defer func() { b.loads <- struct{}{} }()
	}
	if b.fault != nil {
		return nil, b.fault
	}
	return minesweep.NewScope(b.grants, b.exclusions, time.Now())
}

func (b *book) exclude(prefix string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.exclusions = append(b.exclusions, minesweep.Exclusion{Prefix: netip.MustParsePrefix(prefix), Reason: "asked to stop"})
}

// grantOf is a grant that does not hold tests up.
func grantOf(name string, prefixes ...string) minesweep.Grant {
	g := minesweep.Grant{Name: name, Rate: 1e6, RatePer24: 1e6}
	for _, p := range prefixes {
		g.Prefixes = append(g.Prefixes, netip.MustParsePrefix(p))
	}
	return g
}

func newGuard(t *testing.T, b *book, now func() time.Time) *Guard {
	t.Helper()
	g, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGuardAdmitsOnlyWhatIsGranted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	prefix := func(least, most int) netip.Prefix {
		addr := netip.AddrFrom4([4]byte{byte(r.IntN(256)), byte(r.IntN(4)), byte(r.IntN(256)), byte(r.IntN(256))})
		return netip.PrefixFrom(addr, least+r.IntN(most-least+1)).Masked()
	}
	admitted := 0
	for round := range 60 {
		b := &book{}
		for i := range 1 + r.IntN(4) {
			g := grantOf(fmt.Sprint("g", i), prefix(4, 24).String())
			if r.IntN(4) == 0 {
				g.RevokedAt = time.Now().Add(-time.Hour)
			}
			b.grants = append(b.grants, g)
		}
		for range r.IntN(4) {
			b.exclusions = append(b.exclusions, minesweep.Exclusion{Prefix: prefix(8, 32)})
		}
		guard := newGuard(t, b, time.Now)
		for range 200 {
			addr := prefix(32, 32).Addr()
			if r.IntN(2) == 0 {
				addr = b.grants[r.IntN(len(b.grants))].Prefixes[0].Addr()
			}
			release, err := guard.Admit(t.Context(), addr)
			if err == nil {
				release()
				admitted++
			} else if !errors.Is(err, minesweep.ErrRefused) {
				t.Fatalf("round %d, %s: %v", round, addr, err)
			}
			if want := b.mayProbe(addr); want != (err == nil) {
				t.Fatalf("round %d: %s: admitted %v, want %v (%v)", round, addr, err == nil, want, err)
			}
		}
	}
	if admitted == 0 {
		t.Error("nothing was ever admitted, so nothing was tested")
	}
}

// mayProbe says it the slow and plain way.
func (b *book) mayProbe(addr netip.Addr) bool {
	for _, reserved := range []string{"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"} {
		if netip.MustParsePrefix(reserved).Contains(addr) {
			return false
		}
	}
	for _, e := range b.exclusions {
		if e.Prefix.Contains(addr) {
			return false
		}
	}
	for _, g := range b.grants {
		if g.RevokedAt.IsZero() && g.Prefixes[0].Contains(addr) {
			return true
		}
	}
	return false
}

func TestGuardExclusionBitesWhileRunning(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "10.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	addr := netip.MustParseAddr("10.1.2.3")
	release, err := g.Admit(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	release()
	b.loads = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	<-b.loads
	b.exclude("10.1.2.0/24")
	<-b.loads // may have begun before the exclusion was made
	<-b.loads
	for release, err = g.Admit(t.Context(), addr); err == nil; release, err = g.Admit(t.Context(), addr) {
		release() // the scope just loaded is about to be put in place
	}
	if !errors.Is(err, minesweep.ErrRefused) || !strings.Contains(err.Error(), "asked to stop") {
		t.Errorf("got %v", err)
	}
	cancel()
	for stop := false; !stop; {
		select {
		case <-b.loads:
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			stop = true
		}
	}
}

func TestGuardDecidesAgainAfterWaiting(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "10.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	addr := netip.MustParseAddr("10.1.2.3")
	first, err := g.Admit(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		_, err := g.Admit(t.Context(), addr)
		second <- err
	}()
	for g.hosts.waiters(addr) < 2 {
		runtime.Gosched()
	}
	b.exclude("10.1.2.3/32")
	if err := g.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	first()
	if err := <-second; !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("what was excluded while it waited got %v", err)
	}
	if c := g.Counts(); c.Admitted != 1 || c.Refused != 1 || c.MaxPer24 != 2 {
		t.Errorf("counts are %+v", c)
	}
	if g.hosts.waiters(addr) != 0 {
		t.Error("the refused one still holds the host")
	}
}

func TestGuardRefusesEverythingWithAStaleScope(t *testing.T) {
	clock := newFakeClock()
	b := &book{grants: []minesweep.Grant{grantOf("g", "10.0.0.0/8")}}
	g := newGuard(t, b, clock.now)
	addr := netip.MustParseAddr("10.1.2.3")
	clock.t = clock.t.Add(staleAfter)
	if _, err := g.decide(addr); err != nil {
		t.Errorf("after 10 s: %v", err)
	}
	clock.t = clock.t.Add(time.Millisecond)
	b.fault = errors.New("the disk is gone")
	g.fault.Store(errorPointer(g.reload(t.Context())))
	_, err := g.Admit(t.Context(), addr)
	if !errors.Is(err, ErrStale) || !errors.Is(err, minesweep.ErrRefused) || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("after 10 s and more: %v", err)
	}
	b.fault = nil
	g.fault.Store(errorPointer(g.reload(t.Context())))
	if _, err := g.Admit(t.Context(), addr); err != nil {
		t.Errorf("re-read: %v", err)
	}
}

func TestNewGuardFailsWithoutScope(t *testing.T) {
	fault := errors.New("no such table")
	b := &book{fault: fault}
	if _, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Now: time.Now}); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	none := func(context.Context) (*minesweep.Scope, error) { return nil, nil }
	if _, err := NewGuard(t.Context(), GuardConfig{Load: none, Now: time.Now}); err == nil {
		t.Error("a guard without a scope was made")
	}
}

func TestGuardBudgetsAreTheLowest(t *testing.T) {
	b := &book{grants: []minesweep.Grant{{Name: "g", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Rate: 700}}}
	g, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Now: time.Now, Rate: 50, RatePer24: 20})
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddr("10.1.2.3")
	grant, err := g.decide(addr)
	if err != nil {
		t.Fatal(err)
	}
	want := []budget{
		{laneKey{prefix: netip.MustParsePrefix("10.1.2.0/24")}, 20}, {laneKey{grant: "g"}, 700}, {laneKey{}, 50},
	}
	if got := g.budgets(grant, addr); !slices.Equal(got, want) {
		t.Errorf("budgets are %+v, want %+v", got, want)
	}
	v6 := netip.MustParseAddr("2001:db8:1:2:3::4")
	if p := neighbourhood(v6).String(); p != "2001:db8:1:2::/64" {
		t.Errorf("the neighbourhood of %s is %s", v6, p)
	}
}

func TestGuardDialKeepsOneConnectionToAHost(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	var open, most atomic.Int32
	target := serve(t, "127.0.0.1:0", func(conn net.Conn) {
		n := open.Add(1)
		most.Store(max(most.Load(), n))
		_, _ = conn.Write([]byte{'+'})
		_, _ = conn.Read(make([]byte, 1)) // the client is about to close
		open.Add(-1)
		_, _ = conn.Write([]byte{'-'})
		_, _ = conn.Read(make([]byte, 1))
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			conn, err := g.Dial(t.Context(), target)
			if err != nil {
				t.Error(err)
				return
			}
			var one [1]byte
			_, _ = conn.Read(one[:])
			_, _ = conn.Write(one[:])
			_, _ = conn.Read(one[:])
			_ = conn.Close()
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d connections stood at once", most.Load())
	}
	if c := g.Counts(); c.Admitted != 20 || c.Refused != 0 {
		t.Errorf("counts are %+v", c)
	}
}

// serve answers each connection with handle until the test ends.
func serve(t testing.TB, at string, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestGuardDialRefusesWithoutAPacket(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	accepted := make(chan struct{}, 10)
	target := serve(t, "127.0.0.1:0", func(net.Conn) { accepted <- struct{}{} })
	b.exclude("127.0.0.1/32")
	if err := g.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Dial(t.Context(), target); !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("got %v", err)
	}
	if err := g.allowSocket(target, target.String()); !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("at connect: %v", err)
	}
	select {
	case <-accepted:
		t.Error("a connection was made")
	default:
	}
}

func TestGuardAllowsOnlyTheSocketAskedFor(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	target := netip.MustParseAddrPort("127.0.0.1:80")
	for address, allowed := range map[string]bool{
		"127.0.0.1:80": true, "127.0.0.1:81": false, "127.0.0.2:80": false, "localhost:80": false,
	} {
		if err := g.allowSocket(target, address); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestGuardDialFreesTheHostWhenItFails(t *testing.T) {
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	g := newGuard(t, b, time.Now)
	for range 3 {
		if conn, err := g.Dial(t.Context(), netip.MustParseAddrPort("127.0.0.1:1")); err == nil {
			_ = conn.Close()
			t.Skip("port 1 is open here")
		}
	}
	if n := g.hosts.waiters(netip.MustParseAddr("127.0.0.1")); n != 0 {
		t.Errorf("%d hold the host", n)
	}
}

func TestPermitOwnIsExact(t *testing.T) {
	g := newGuard(t, &book{}, time.Now)
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	own, revoke, err := g.permitOwn(l)
	if err != nil {
		t.Fatal(err)
	}
	if !g.own.has(own) || g.own.has(netip.AddrPortFrom(own.Addr(), own.Port()+1)) {
		t.Error("not exactly our listener is permitted")
	}
	if _, err := g.Admit(t.Context(), own.Addr()); !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("its address as a whole: %v", err)
	}
	revoke()
	if g.own.has(own) {
		t.Error("it is still permitted")
	}
	other, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = other.Close() }()
	if _, _, err := g.permitOwn(other); err == nil {
		t.Error("a listener on 127.0.0.2 is permitted")
	}
}
