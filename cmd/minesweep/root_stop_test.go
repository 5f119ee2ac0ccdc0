//go:build root

package main_test

import (
	"net/netip"
	"testing"
	"time"

	"minesweep/lab/wire"
)

const (
	stopPrefix   = "100.64.0.0/11"
	stopExcluded = "100.64.0.0/13" // a quarter of it
)

// fullSpeed begins a sweep without a limit that lasts for some seconds.
func fullSpeed(t *testing.T) (*wired, *program) {
	t.Helper()
	w := newWired(t, wire.Options{}, wire.Responder{Seed: 3, OpenOneIn: 1000, RefusePercent: 5,
		Scope: parsed([]string{stopPrefix}), Watch: parsed([]string{stopExcluded})})
	w.grantFast(t, stopPrefix)
	scan := w.begin(t, "scan", stopPrefix, "--ports", "1-5", "--engine", "syn", "--no-questions")
	w.after(t, scan, 300_000)
	return w, scan
}

// TestRootExclusionAtFullSpeed excludes a quarter of what is being swept, from
// another process.
func TestRootExclusionAtFullSpeed(t *testing.T) {
	w, scan := fullSpeed(t)
	asked := wire.Now()
	w.must(t, "exclude", "add", stopExcluded, "--reason", "test")
	done := wire.Now()
	w.goesOn(t, scan, done+1500*time.Millisecond)
	there, all := w.lab.Watched(0), w.lab.Timeline()
	scan.kill()
	t.Logf("%.0f packets/s, excluded within %s; the last packet left %s after that, %s after it was asked for",
		all.PerSecond(), done-asked, there.Last-done, there.Last-asked)
	if there.Count == 0 || there.Last < asked {
		t.Errorf("when it was excluded, no packet went there: %s before", asked-there.Last)
	}
	if there.Last > done+time.Second {
		t.Errorf("%s after the exclusion a packet goes there", there.Last-done)
	}
	w.within(t)
}

// TestRootRevokedGrantAtFullSpeed revokes the grant of a running sweep.
func TestRootRevokedGrantAtFullSpeed(t *testing.T) {
	w, scan := fullSpeed(t)
	w.must(t, "grant", "revoke", "lab")
	done := wire.Now()
	<-scan.ended
	all := w.lab.Timeline()
	t.Logf("%.0f packets/s; the last packet left %s after the grant was revoked; then: %s", all.PerSecond(), all.Last-done, scan.log)
	if all.Last > done+time.Second {
		t.Errorf("%s after the grant was revoked a packet leaves", all.Last-done)
	}
	if n := all.Count; n >= 5*addressesOf(stopPrefix) {
		t.Errorf("all %d packets had left before", n)
	}
	w.within(t)
}

// goesOn returns once a packet of scan has left after until.
func (w *wired) goesOn(t *testing.T, scan *program, until time.Duration) {
	t.Helper()
	for w.lab.Timeline().Last < until {
		w.after(t, scan, w.lab.Tally().SYNs+1000)
	}
}

func addressesOf(prefix string) uint64 { return 1 << (32 - netip.MustParsePrefix(prefix).Bits()) }
