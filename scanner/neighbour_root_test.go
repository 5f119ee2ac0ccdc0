//go:build root

package scanner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRootRouteNoticesANewMAC(t *testing.T) {
	near, far := behindGateway(t)
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.1", "2001:db8:1::1")
	before := r.way(t, "100.64.0.1").header()
	far.ip(t, "link set up0 address 02:00:00:00:00:77")
	if changed, err := r.refresh(t.Context()); changed || err != nil {
		t.Fatalf("the kernel does not know yet: %v, %v", changed, err)
	}
	// The kernel trusts what it heard for half a minute; say that it is over.
	near.ip(t, "neighbour change 10.0.0.254 dev eth0 nud stale lladdr "+gatewayMAC, "neighbour change fe80::254 dev eth0 nud stale lladdr "+gatewayMAC)
	changed, err := r.refresh(t.Context())
	if !changed || err != nil {
		t.Fatalf("refresh: %v, %v", changed, err)
	}
	for _, addr := range []string{"100.64.0.1", "2001:db8:1::1"} {
		if f := r.way(t, addr).header(); fmt.Sprintf("%x", f[:6]) != "020000000077" {
			t.Errorf("%s: the MAC is %x", addr, f[:6])
		}
	}
	if fmt.Sprintf("%x", before[:6]) != "020000000002" {
		t.Error("the header in use was written to")
	}
}

func TestRootRouteNoticesADeadGateway(t *testing.T) {
	near, far := behindGateway(t)
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.1")
	before := r.way(t, "100.64.0.1").says()
	far.ip(t, "address del 10.0.0.254/24 dev up0")
	near.ip(t, "neighbour change 10.0.0.254 dev eth0 nud stale lladdr "+gatewayMAC)
	changed, err := r.refresh(t.Context())
	if changed || err == nil || !strings.HasPrefix(err.Error(), "gateway 10.0.0.254 on eth0 does not answer ARP") {
		t.Errorf("refresh: %v, %v", changed, err)
	}
	if got := r.way(t, "100.64.0.1").says(); got != before {
		t.Errorf("the way is %s, it was %s", got, before)
	}
	far.ip(t, "address add 10.0.0.254/24 dev up0")
	if changed, err := r.refresh(t.Context()); changed || err != nil {
		t.Errorf("when it is back: %v, %v", changed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	far.ip(t, "address del 10.0.0.254/24 dev up0")
	near.ip(t, "neighbour flush dev eth0")
	if _, err := r.refresh(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Without CAP_NET_ADMIN what the kernel knows is used, even when stale; only
// an unknown gateway is a fault.
func TestRootRouteWithoutTheRightToAsk(t *testing.T) {
	near, _ := behindGateway(t)
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.1")
	h := r.way(t, "100.64.0.1")
	look := func() (changed bool, err error) {
		err = near.Inside(func() (err error) {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var own [2]unix.CapUserData
			if err := unix.Capget(&header, &own[0]); err != nil {
				return err
			}
			without := own
			without[0].Effective, without[1].Effective = 0, 0
			if err := unix.Capset(&header, &without[0]); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, unix.Capset(&header, &own[0])) }()
			changed, err = r.kernel.refreshHop(t.Context(), h)
			return err
		})
		return changed, err
	}
	near.ip(t, "neighbour flush dev eth0")
	_, err := look()
	if err == nil || !strings.HasPrefix(err.Error(), "gateway 10.0.0.254 on eth0 is not known yet and asking by ARP needs CAP_NET_ADMIN") {
		t.Errorf("unknown: %v", err)
	}
	near.ip(t, "neighbour replace 10.0.0.254 dev eth0 nud stale lladdr 02:00:00:00:00:55")
	if changed, err := look(); !changed || err != nil {
		t.Fatalf("stale: %v, %v", changed, err)
	}
	if got, want := h.says(), "eth0 [10.0.0.1] via 10.0.0.254 020000000055 020000000001 0800"; got != want {
		t.Errorf("stale: %s, want %s", got, want)
	}
}
