package lab

import (
	"net/netip"
	"testing"
	"time"

	"minesweep"
	"minesweep/probes"
)

// TestNoInnocentIsConfirmed sweeps a negative lab: not one may be confirmed,
// and few suspected but those whose recording says so.
func TestNoInnocentIsConfirmed(t *testing.T) {
	t.Parallel()
	hosts, err := Innocents(netip.MustParsePrefix("127.0.16.0/21"), 600)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere(hosts)
	recorder := new(Recorder)
	l, err := StartRecorded(t.Context(), hosts, recorder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	found := sweepWith(t, hosts, l.Moved(), probes.AskerConfig{
		Dialer: dialer{}, Now: time.Now, Idle: 400 * time.Millisecond, Total: 2 * time.Second, Banner: 60 * time.Millisecond,
	})
	heard, suspected, decoys := 0, 0, 0
	for _, h := range hosts {
		host, want := found[h.Address], h.Device.Want.Verdict
		switch host.Verdict {
		case minesweep.Confirmed:
			t.Errorf("%s %v is confirmed as %s %s: %v", h.Device.Name, h.ports(), host.Vendor, host.Model, host.Evidence)
		case minesweep.Suspected:
			if want != minesweep.Suspected {
				suspected++
				t.Logf("%s %v is suspected: %v", h.Device.Name, h.ports(), host.Evidence)
			}
		case minesweep.DecoyHost:
			decoys++
		}
		if host.Verdict != minesweep.Silent || want == minesweep.Silent {
			heard++
		}
	}
	if suspected*1000 > len(hosts)*5 {
		t.Errorf("%d of %d hosts are suspected that do not look like miners", suspected, len(hosts))
	}
	if heard*100 < len(hosts)*85 || decoys == 0 {
		t.Errorf("%d of %d hosts were heard, %d decoys: the test says nothing", heard, len(hosts), decoys)
	}
	checkReceived(t, recorder, 2*mostRequests)
}

func TestInnocentsAreManyAndTheSame(t *testing.T) {
	prefix := netip.MustParsePrefix("127.0.16.0/21")
	a, err := Innocents(prefix, 400)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Innocents(prefix, 400)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]bool)
	for i := range a {
		kinds[a[i].Device.Name] = true
		if len(a[i].ports()) == 0 || a[i].Address != b[i].Address || a[i].Device.Name != b[i].Device.Name {
			t.Errorf("host %d is %s at %v, and then %s", i, a[i].Device.Name, a[i].ports(), b[i].Device.Name)
		}
		for k, x := range a[i].Device.Sections {
			if x != b[i].Device.Sections[k] {
				t.Errorf("%s: %+v, and then %+v", a[i].Device.Name, x, b[i].Device.Sections[k])
			}
		}
	}
	if len(kinds) < 250 {
		t.Errorf("%d kinds", len(kinds))
	}
	if _, err := Innocents(netip.MustParsePrefix("127.0.16.0/28"), 400); err == nil {
		t.Error("400 hosts in a /28")
	}
}
