//go:build root

package main_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab"
	"minesweep/lab/wire"
)

const (
	fleetPrefix  = "10.70.0.0/22"
	fleetDevices = 441
	fleetOthers  = 300
)

// TestRootFleetBySYN and TestRootFleetByNaabu find 441 devices among innocent
// hosts in a /22, without a miss. MINESWEEP_FLEET_RUNS repeats that. How long
// it takes is logged, and depends on what else the machine does.
func TestRootFleetBySYN(t *testing.T) { findFleet(t, "syn") }

func TestRootFleetByNaabu(t *testing.T) { findFleet(t, "naabu") }

func findFleet(t *testing.T, engine string) {
	hosts := mixedFleet(t)
	r := wire.Responder{Seed: 41, RefusePercent: 50, Scope: parsed([]string{fleetPrefix})}
	for _, h := range hosts {
		r.Places = append(r.Places, wire.Place{Prefix: netip.PrefixFrom(h.Address, 32), Kind: wire.Passed})
	}
	w := newWired(t, wire.Options{}, r)
	var network *lab.Lab
	if err := w.lab.Far(func() (err error) {
		network, err = lab.Start(t.Context(), hosts)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	for run := range fromEnv(t, "MINESWEEP_FLEET_RUNS", 1) {
		fresh := w.anew(t)
		fresh.grantFast(t, fleetPrefix)
		began := time.Now()
		found := fresh.scan(t, fleetPrefix, "--engine", engine)
		t.Logf("run %d by %s took %.1f s", run, engine, time.Since(began).Seconds())
		checkFleet(t, hosts, found)
	}
	w.within(t)
}

// mixedFleet scatters mining devices and hosts that do not mine over the /22.
func mixedFleet(t *testing.T) []lab.Simulated {
	t.Helper()
	prefix := netip.MustParsePrefix(fleetPrefix)
	hosts, err := lab.Fleet(prefix, fleetDevices)
	if err != nil {
		t.Fatal(err)
	}
	others, err := lab.Innocents(prefix, fleetOthers)
	if err != nil {
		t.Fatal(err)
	}
	hosts = append(hosts, others...)
	scatter := rand.New(rand.NewPCG(1, 2)).Perm(1022) //nolint:gosec // the same places each time
	base := prefix.Addr().As4()
	for i := range hosts {
		n := scatter[i] + 1
		hosts[i].Address = netip.AddrFrom4([4]byte{base[0], base[1], base[2] + byte(n>>8), byte(n)})
	}
	return hosts
}

// checkFleet wants every mining device named as the laboratory knows it, and
// nobody else confirmed.
func checkFleet(t *testing.T, hosts []lab.Simulated, found map[netip.Addr]minesweep.Host) {
	t.Helper()
	named, heard := 0, 0
	for _, d := range hosts {
		h, want := found[d.Address], d.Device.Want
		switch {
		case want.Verdict != minesweep.Confirmed:
			if h.Verdict == minesweep.Confirmed {
				t.Errorf("%s at %s is confirmed: %v", d.Device.Name, d.Address, h.Evidence)
			}
			if h.Verdict == minesweep.Unidentified {
				heard++
			}
		default:
			if err := d.Device.Check(h); err != nil {
				t.Errorf("%s at %s: %v", d.Device.Name, d.Address, err)
				continue
			}
			named++
		}
	}
	if named != fleetDevices || heard == 0 {
		t.Errorf("%d of %d devices are named, %d innocent hosts were heard", named, fleetDevices, heard)
	}
}
