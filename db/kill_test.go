package db_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"minesweep"
	"minesweep/db"
)

const victimFile = "MINESWEEP_TEST_VICTIM"

// TestVictim is the process that TestKilledProcessLosesNothing kills; by
// itself it does nothing.
func TestVictim(t *testing.T) {
	file := os.Getenv(victimFile)
	if file == "" {
		t.Skip("only as a child of TestKilledProcessLosesNothing")
	}
	c := newClock()
	s, err := db.Open(t.Context(), file, c.now)
	must(t, err)
	sp := spec(t, os.Getpid(), nobody)
	sp.Targets = targets(t, "10.0.0.0/16")
	j, err := s.BeginSweep(t.Context(), sp)
	must(t, err)
	for i := j.Sweep().Cursor; ; i++ {
		must(t, victimStep(t.Context(), j, i, c))
		fmt.Printf("settled %d\n", i)
	}
}

func victimAddress(i uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
}

func victimStep(ctx context.Context, j *db.Journal, i uint64, c *clock) error {
	p := minesweep.OpenPort{Target: netip.AddrPortFrom(victimAddress(i), 4028), At: c.now(), Engine: "connect"}
	if err := found(ctx, j, p); err != nil {
		return err
	}
	h := miner(p.Target.Addr().String(), fmt.Sprintf("02:00:5e:00:%02x:%02x", byte(i>>8), byte(i)), c)
	raw := []byte(strings.Repeat(fmt.Sprintf("reply %d ", i), 400))
	if err := j.Settle(ctx, p, []minesweep.Reply{{Target: p.Target, Probe: "cgminer/version", At: c.now(), Raw: raw}}, h); err != nil {
		return err
	}
	return j.Checkpoint(ctx, minesweep.Progress{Cursor: i + 1, Sent: 1}, nil)
}

func TestKilledProcessLosesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		last := -1
		for round := range 4 {
			if got := settleUntilKilled(t, address, 10+17*round); got <= last {
				t.Fatalf("round %d ended at %d and the one before at %d", round, got, last)
			} else {
				last = got
			}
		}
		s := openStore(t, address, newClock())
		if !s.Postgres() {
			var verdict string
			must(t, rawDB(t, path(t, s)).QueryRow("PRAGMA integrity_check").Scan(&verdict))
			if verdict != "ok" {
				t.Errorf("integrity: %s", verdict)
			}
		}
		isWhole(t, s, last)
	})
}

// isWhole looks whether all that a victim said it settled is there, once.
func isWhole(t *testing.T, s *db.Store, last int) {
	t.Helper()
	sweeps, err := s.Sweeps(t.Context())
	must(t, err)
	if len(sweeps) != 1 || sweeps[0].Cursor <= uint64(last) || sweeps[0].Status != db.Running {
		t.Errorf("sweeps %+v, settled up to %d", sweeps, last)
	}
	next := uint64(0)
	for _, h := range hosts(t, s, 1) {
		if h.Address != victimAddress(next) {
			t.Fatalf("host %s where %s is due", h.Address, victimAddress(next))
		}
		next++
	}
	if next <= uint64(last) || next > sweeps[0].Cursor+1 || len(assets(t, s, db.AssetFilter{})) != int(next) {
		t.Errorf("%d hosts and %d assets, settled up to %d", next, len(assets(t, s, db.AssetFilter{})), last)
	}
	for i := range last + 1 {
		replies, err := s.Replies(t.Context(), 1, victimAddress(uint64(i)))
		if err != nil || len(replies) != 1 || !strings.HasPrefix(string(replies[0].Raw), fmt.Sprintf("reply %d ", i)) {
			t.Fatalf("replies of %d: %d, %v", i, len(replies), err)
		}
	}
}

// settleUntilKilled runs a victim, kills it after it settled some ports, and
// returns the last one of which it said so.
func settleUntilKilled(t *testing.T, address string, ports int) int {
	t.Helper()
	said := killedAfter(t, "TestVictim", victimFile+"="+address, ports, "settled ")
	last, err := strconv.Atoi(strings.TrimPrefix(said[len(said)-1], "settled "))
	must(t, err)
	return last
}

// killedAfter runs a test of this program in a process of its own and kills that
// after it said some lines that begin in one of several ways, or never where lines
// is 0. It returns all that it said of them.
func killedAfter(t *testing.T, test, env string, lines int, begin ...string) (said []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	for scan := bufio.NewScanner(out); scan.Scan(); {
		line := scan.Text()
		if !slices.ContainsFunc(begin, func(b string) bool { return strings.HasPrefix(line, b) }) {
			continue
		}
		if said = append(said, line); len(said) == lines {
			must(t, cmd.Process.Kill()) // and read on: what it has said before is acknowledged too
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if killed := errors.As(err, &exit); killed != (lines > 0) || len(said) < lines {
		t.Fatalf("the victim ended after %d lines of %d: %v", len(said), lines, err)
	}
	return said
}
