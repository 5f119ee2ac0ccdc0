//go:build root

package main_test

import (
	"slices"
	"testing"

	"minesweep"
)

// confirmed is the verdict on who mines.
var confirmed = []minesweep.Verdict{minesweep.Confirmed}

// wantProduct is what a scan has to say of a program that it confirmed.
type wantProduct struct {
	vendor, model string
	states        []string // any of these
	hashing       bool     // a rate has to be stated, or must not
	locked        bool
}

func (w wantProduct) check(t *testing.T, h minesweep.Host) {
	t.Helper()
	if h.Vendor != w.vendor || h.Model != w.model || h.Locked != w.locked || !slices.Contains(w.states, h.State) {
		t.Errorf("%s is %q %q, state %q, locked %t, want %+v; evidence %+v", h.Address, h.Vendor, h.Model, h.State, h.Locked, w, h.Evidence)
	}
	if stated := h.Hashrate != nil && *h.Hashrate > 0; stated != w.hashing {
		t.Errorf("%s: a rate is stated: %t, want %t", h.Address, stated, w.hashing)
	}
	if h.Requests > 12 {
		t.Errorf("%s was asked %d times, though it is confirmed", h.Address, h.Requests)
	}
}
