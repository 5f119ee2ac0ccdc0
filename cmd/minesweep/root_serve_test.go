//go:build root

package main_test

import (
	"syscall"
	"testing"
)

// serve starts the one process that works on the store.
func (w *wired) serve(t *testing.T) *program {
	t.Helper()
	return w.begin(t, "serve", "--listen=", "--name", "one")
}

// TestRootKillsOfServe kills the process that runs a sweep in lanes at random
// moments; the next one goes on at once. MINESWEEP_KILLS=30 MINESWEEP_KILLS_SECONDS=300
// is what the project promises, and then it wants no more than 1 % sent again.
func TestRootKillsOfServe(t *testing.T) {
	w := newKillField(t, 12)
	w.must(t, append([]string{"sweeps", "start", w.prefix, "--ports", portList(w.ports), "--lanes", "2"}, w.paced...)...)
	for _, moment := range w.moments {
		p := w.serve(t)
		w.after(t, p, moment)
		p.kill()
	}
	last := w.serve(t)
	w.must(t, "sweeps", "watch", "1")
	if err := last.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := last.status(t); status != 0 {
		t.Errorf("it stopped with status %d", status)
	}
	w.isWhole(t)
}
