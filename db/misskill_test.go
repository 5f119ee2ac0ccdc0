package db_test

import (
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
)

const (
	missVictimFile = "MINESWEEP_TEST_MISS_VICTIM"
	missVictimLane = "MINESWEEP_TEST_MISS_VICTIM_LANED"
	missables      = 300 // assets that the second sweep does not hear
)

// TestMissVictim is the process that closes a sweep in TestKilledCloseMissesOnce;
// by itself it does nothing.
func TestMissVictim(t *testing.T) {
	file := os.Getenv(missVictimFile)
	if file == "" {
		t.Skip("only as a child of TestKilledCloseMissesOnce")
	}
	c := newClock()
	c.move(48 * time.Hour)
	s, err := db.Open(t.Context(), file, c.now)
	must(t, err)
	s.MissPage(1)
	closeMissed(t, s, c, os.Getenv(missVictimLane) != "")
}

// missSpec is of a sweep over what aFleet made; laned says that nodes run it.
func missSpec(t *testing.T, laned bool) db.SweepSpec {
	sp := spec(t, os.Getpid(), nobody)
	sp.Targets, sp.Ports = targets(t, "10.0.0.0/21"), []uint16{80, 4028}
	if laned {
		sp.Queue, sp.Lanes = db.Nightly, 1
	}
	return sp
}

// aFleet makes a sweep that found assets, and one that is to miss all but one in each /24.
func aFleet(t *testing.T, s *db.Store, c *clock, laned bool) {
	t.Helper()
	j, err := s.BeginSweep(t.Context(), missSpec(t, false))
	must(t, err)
	settle := func(j *db.Journal, i int) error {
		h := miner(missAddress(i).String(), "", c)
		p := minesweep.OpenPort{Target: netip.AddrPortFrom(h.Address, 4028), At: c.now()}
		return j.Settle(t.Context(), p, nil, h)
	}
	each := make(chan error)
	for i := range missables {
		go func() { each <- settle(j, i) }()
	}
	for range missables {
		must(t, <-each)
	}
	must(t, j.Close(t.Context(), db.Stopped, ""))
	c.move(24 * time.Hour)
	if !laned {
		j, err = s.BeginSweep(t.Context(), missSpec(t, false))
		must(t, err)
	} else {
		q := &jobs{}
		sweep := plan(t, s, missSpec(t, true), q)
		d := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "n")
		cover(t, d, q)
		j = takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Ask, Run: 1}, "n")
	}
	for i := 0; i < missables; i += 200 {
		must(t, settle(j, i))
	}
	if laned {
		must(t, j.Leave(t.Context(), db.Ready, "", (&jobs{}).enqueue))
		return
	}
	must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: j.Sweep().Total}, nil))
}

func missAddress(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, byte(i / 200), byte(1 + i%200)})
}

// closeMissed closes the second sweep of aFleet, whose process is gone.
func closeMissed(t *testing.T, s *db.Store, c *clock, laned bool) {
	t.Helper()
	if !laned {
		j, err := s.BeginSweep(t.Context(), missSpec(t, false))
		must(t, err)
		must(t, j.Close(t.Context(), db.Done, ""))
		return
	}
	must2(s.Orphans(t.Context(), -time.Second, nil))
	q := &jobs{}
	must(t, s.SetStanding(t.Context(), 2, db.Running, "", q.enqueue))
	lanes, err := s.Lanes(t.Context(), 2)
	must(t, err)
	j := takeLane(t, s, lanes[1].Next(), "n")
	must(t, j.Leave(t.Context(), db.LaneDone, "", q.enqueue))
}

// TestKilledCloseMissesOnce kills the process that closes a sweep while it notes
// the misses: the next one notes the rest, each once, and the sweep is done only
// then.
func TestKilledCloseMissesOnce(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	for _, laned := range []bool{false, true} {
		t.Run(map[bool]string{false: "scan", true: "lanes"}[laned], func(t *testing.T) {
			eachStore(t, func(t *testing.T, address string) {
				c := newClock()
				s := openStore(t, address, c)
				aFleet(t, s, c, laned)
				partly := killClosing(t, s, address, laned)
				if got := sweepOf(t, s, 2); got.Status != db.Running {
					t.Errorf("with %d misses noted the sweep is %s", partly, got.Status)
				}
				c.move(25 * time.Hour) // an hour after the victim
				closeMissed(t, s, c, laned)
				if got := sweepOf(t, s, 2); got.Status != db.Done {
					t.Errorf("closed, the sweep is %s", got.Status)
				}
				for i := range missables {
					want := "1 answered, 2 missed"
					if i%200 == 0 {
						want = "1 answered, 2 answered"
					}
					a, err := s.Asset(t.Context(), missAddress(i).String())
					must(t, err)
					if got := checks(t, s, a.Key); got != want {
						t.Fatalf("%s: %s", missAddress(i), got)
					}
				}
			})
		})
	}
}

// killClosing starts a process that closes the sweep, kills it once some misses
// are noted, and returns how many there are.
func killClosing(t *testing.T, s *db.Store, address string, laned bool) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMissVictim$")
	cmd.Env = append(os.Environ(), missVictimFile+"="+address)
	if laned {
		cmd.Env = append(cmd.Env, missVictimLane+"=1")
	}
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	raw := rawDB(t, path(t, s))
	missed := func() (n int) {
		must(t, raw.QueryRow("SELECT count(*) FROM observations WHERE NOT answered").Scan(&n))
		return n
	}
	for missed() < 10 {
		select {
		case err := <-gone:
			t.Fatalf("the victim ended by itself: %v\n%s", err, out)
		default:
		}
	}
	must(t, cmd.Process.Kill())
	err, n := <-gone, missed()
	if err == nil || n >= missables-2 {
		t.Fatalf("the victim was killed too late: %v, %d are noted", err, n)
	}
	return n
}

func TestRangesAreCutBehindAnAddress(t *testing.T) {
	parse := func(texts string) (out []netipx.IPRange) {
		for _, text := range strings.Fields(texts) {
			out = append(out, netipx.MustParseIPRange(text))
		}
		return out
	}
	for _, c := range []struct{ ranges, last, upTo, beyond string }{
		{"10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.9", "10.0.0.9", "10.0.0.0-10.0.0.9", "10.0.1.0-10.0.1.9"},
		{"10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.9", "10.0.0.0", "10.0.0.0-10.0.0.0", "10.0.0.1-10.0.0.9 10.0.1.0-10.0.1.9"},
		{"10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.9", "10.0.1.4", "10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.4", "10.0.1.5-10.0.1.9"},
		{"10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.9", "10.0.1.9", "10.0.0.0-10.0.0.9 10.0.1.0-10.0.1.9", ""},
		{"255.255.255.0-255.255.255.255", "255.255.255.255", "255.255.255.0-255.255.255.255", ""},
		{"2001:db8::-2001:db8::f", "2001:db8::4", "2001:db8::-2001:db8::4", "2001:db8::5-2001:db8::f"},
	} {
		upTo, beyond := db.Cut(parse(c.ranges), netip.MustParseAddr(c.last))
		if !slices.Equal(upTo, parse(c.upTo)) || !slices.Equal(beyond, parse(c.beyond)) {
			t.Errorf("%s cut behind %s: %v and %v", c.ranges, c.last, upTo, beyond)
		}
	}
}
