package db_test

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestSweepIsResumedOnlyWhenItsProcessIsGone(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		first, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
		must(t, err)
		must(t, first.Checkpoint(t.Context(), minesweep.Progress{Cursor: 100, Sent: 120, Open: 3}, []minesweep.OpenPort{port("10.0.0.7:80", c), port("10.0.0.7:4028", c)}))

		alive := func(o db.Owner) bool { return o.PID == 1 && o.Host == "here" && o.Start == "12345" }
		beside, err := s.BeginSweep(t.Context(), spec(t, 2, alive))
		must(t, err)
		if got := beside.Sweep(); got.Resumed || got.ID == first.Sweep().ID || got.Seed == first.Sweep().Seed {
			t.Errorf("a living sweep was taken over or its seed repeated: %+v", got)
		}
		must(t, beside.Close(t.Context(), db.Stopped, "ctrl-c"))

		other := spec(t, 3, nobody)
		other.Ports = []uint16{80}
		different, err := s.BeginSweep(t.Context(), other)
		must(t, err)
		if different.Sweep().Resumed {
			t.Error("a sweep of other ports was taken over")
		}

		second, err := s.BeginSweep(t.Context(), spec(t, 4, nobody))
		must(t, err)
		got := second.Sweep()
		if !got.Resumed || got.ID != first.Sweep().ID || got.Seed != first.Sweep().Seed || got.Cursor != 100 || got.Total != 512 {
			t.Errorf("not resumed: %+v", got)
		}
		if plan := second.Plan(); plan.Cursor != 100 || plan.Seed != got.Seed || len(plan.Ports) != 2 || plan.Ports[0] != 4028 {
			t.Errorf("plan %+v", plan)
		}
		must(t, second.Checkpoint(t.Context(), minesweep.Progress{Cursor: 300, Sent: 200, Open: 2},
			[]minesweep.OpenPort{port("10.0.0.7:80", c), port("10.0.0.8:80", c)}))
		must(t, second.Checkpoint(t.Context(), minesweep.Progress{Cursor: 200, Sent: 100}, nil)) // late
		if got := second.Sweep(); got.Cursor != 300 || got.Sent != 320 || got.Open != 3 {        // one was found twice
			t.Errorf("counters over two processes: %+v", got.Progress)
		}

		for name, err := range map[string]error{
			"checkpoint": first.Checkpoint(t.Context(), minesweep.Progress{Cursor: 500}, nil),
			"settle":     first.Settle(t.Context(), port("10.0.0.1:80", c), nil, miner("10.0.0.1", "", c)),
			"close":      first.Close(t.Context(), db.Done, ""),
		} {
			if !errors.Is(err, db.ErrTakenOver) {
				t.Errorf("%s by the process that lost the sweep: %v", name, err)
			}
		}
		must(t, second.Close(t.Context(), db.Done, ""))
		stored, err := s.Sweep(t.Context(), got.ID)
		must(t, err)
		if stored.Status != db.Done || stored.Cursor != 300 || stored.Sent != 320 || !stored.FinishedAt.Equal(c.now()) ||
			stored.Targets != "10.0.0.0/24" || stored.Owner.PID != 4 {
			t.Errorf("stored %+v", stored)
		}
		if all, err := s.Sweeps(t.Context()); err != nil || len(all) != 3 {
			t.Errorf("%d sweeps, %v", len(all), err)
		}
		if _, err := s.Sweep(t.Context(), 99); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("sweep 99: %v", err)
		}
	})
}

func TestSweepOfAnotherMachineIsJudgedByItsSilence(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		far := spec(t, 1, nobody)
		far.Owner.Host = "elsewhere"
		j, err := s.BeginSweep(t.Context(), far)
		must(t, err)
		c.move(time.Minute)
		must(t, j.Checkpoint(t.Context(), minesweep.Progress{}, nil))
		c.move(90 * time.Second)
		for _, want := range []bool{false, true} {
			got, err := s.BeginSweep(t.Context(), spec(t, 2, nobody))
			must(t, err)
			if got.Sweep().Resumed != want {
				t.Errorf("resumed %v, want %v", !want, want)
			}
			must(t, got.Close(t.Context(), db.Stopped, ""))
			c.move(time.Minute)
		}
	})
}

func TestSweepNeedsAnEnd(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		for _, prefixes := range [][]string{{}, {"2001:db8::/32"}} {
			sp := spec(t, 1, nobody)
			sp.Targets = targets(t, prefixes...)
			if _, err := s.BeginSweep(t.Context(), sp); err == nil {
				t.Errorf("a sweep of %v was begun", prefixes)
			}
		}
	})
}

func TestQueue(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		addresses := []string{"10.0.0.9:80", "10.0.0.1:4028", "[2001:db8::1]:80", "10.0.0.1:80"}
		for range 2 { // Found is idempotent
			for _, a := range addresses {
				must(t, found(t.Context(), j, port(a, c)))
			}
		}
		queue := func(after int64, limit int) (string, int64) {
			t.Helper()
			ports, last, err := j.Pending(t.Context(), after, limit)
			must(t, err)
			var texts []string
			for _, p := range ports {
				texts = append(texts, p.Target.String())
			}
			return strings.Join(texts, " "), last
		}
		head, last := queue(0, 2)
		rest, end := queue(last, 10)
		if got := head + " | " + rest; got != "10.0.0.9:80 10.0.0.1:4028 | [2001:db8::1]:80 10.0.0.1:80" {
			t.Errorf("queue %s", got)
		}
		if none, same := queue(end, 10); none != "" || same != end {
			t.Errorf("behind the end: %q, %d", none, same)
		}
		see(t, j, miner("10.0.0.1", "", c), c)
		must(t, found(t.Context(), j, port("10.0.0.1:4028", c))) // heard again after it was asked
		if left, _ := queue(0, 10); left != "10.0.0.9:80 [2001:db8::1]:80 10.0.0.1:80" {
			t.Errorf("after settling: %s", left)
		}
	})
}

func TestRepliesComeBackAsTheyWere(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		noise := bytes.Repeat([]byte("\x00\xff'; DROP TABLE hosts; -- ?0 ⛏"), 1<<20/32)
		target := netip.MustParseAddrPort("10.0.0.1:4028")
		replies := []minesweep.Reply{
			{Target: target, Probe: "cgminer/version", At: c.now(), Request: []byte("{\"command\":\"version\"}"), Raw: noise, End: minesweep.EndLimit},
			{Target: target, Probe: "http/", At: c.now(), Raw: noise, End: minesweep.EndEOF, TLS: true},
			{Target: target, Probe: "banner", At: c.now(), Refused: "deadline exceeded"},
		}
		p := port("10.0.0.1:4028", c)
		must(t, found(t.Context(), j, p))
		must(t, found(t.Context(), j, port("10.0.0.1:80", c)))
		for range 2 { // settling twice doubles nothing
			must(t, j.Settle(t.Context(), p, replies, miner("10.0.0.1", "", c)))
		}
		ports, got, err := j.History(t.Context(), target.Addr())
		must(t, err)
		if len(ports) != 2 || ports[0].Target.Port() != 80 || ports[1] != p {
			t.Errorf("ports %v", ports)
		}
		if len(got) != len(replies) {
			t.Fatalf("%d replies", len(got))
		}
		for i, want := range replies {
			want.Request, want.Raw = append([]byte{}, want.Request...), append([]byte{}, want.Raw...)
			if !reflect.DeepEqual(got[i], want) {
				t.Errorf("reply %d differs: %s %d bytes, want %s %d bytes", i, got[i].Probe, len(got[i].Raw), want.Probe, len(want.Raw))
			}
		}
		var bodies, size int
		must(t, rawDB(t, path(t, s)).QueryRow("SELECT count(*), sum(length(packed)) FROM reply_bodies").Scan(&bodies, &size))
		if bodies != 2 || size > 100_000 {
			t.Errorf("%d bodies of %d bytes: not kept once, or not packed", bodies, size)
		}
	})
}

func TestSettleIsOneTransaction(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		p := port("10.0.0.1:4028", c)
		must(t, found(t.Context(), j, p))
		if _, err := rawDB(t, path(t, s)).Exec(powerCut(s)); err != nil {
			t.Fatal(err)
		}
		err := j.Settle(t.Context(), p, []minesweep.Reply{{Target: p.Target, Raw: []byte("x")}}, miner("10.0.0.1", "02:00:5e:00:53:01", c))
		if err == nil || !strings.Contains(err.Error(), "power cut") {
			t.Fatalf("settle: %v", err)
		}
		_, replies, err := j.History(t.Context(), p.Target.Addr())
		must(t, err)
		if len(replies) != 0 || len(hosts(t, s, 1)) != 0 || len(assets(t, s, db.AssetFilter{})) != 0 {
			t.Error("half a settle was kept")
		}
	})
}

// powerCut is a trigger that makes the end of a settle fail.
func powerCut(s *db.Store) string {
	if s.Postgres() {
		return `CREATE FUNCTION power_cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'power cut'; END $$;
			CREATE TRIGGER fail BEFORE UPDATE OF asked_at ON open_ports FOR EACH ROW EXECUTE FUNCTION power_cut()`
	}
	return `CREATE TRIGGER fail BEFORE UPDATE OF asked_at ON open_ports BEGIN SELECT RAISE(ABORT, 'power cut'); END`
}

func TestTwoStoresOnOneDatabase(t *testing.T) {
	eachNew(t, func(t *testing.T, a *db.Store, c *clock) {
		b := openStore(t, path(t, a), c)
		each := fewer(80, 20)
		ja, jb := begin(t, a), begin2(t, b)
		done := make(chan error, 2)
		for _, j := range []*db.Journal{ja, jb} {
			go func() {
				for i := range each {
					p := minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 80), At: c.now()}
					if err := errors.Join(found(t.Context(), j, p), j.Settle(t.Context(), p, nil, miner(p.Target.Addr().String(), "", c))); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if n, m := len(hosts(t, a, 1)), len(hosts(t, a, 2)); n != each || m != each {
			t.Errorf("%d and %d hosts", n, m)
		}
		if n := len(assets(t, b, db.AssetFilter{})); n != each {
			t.Errorf("%d assets", n)
		}
	})
}

// begin2 begins a sweep beside that of begin.
func begin2(t *testing.T, s *db.Store) *db.Journal {
	t.Helper()
	j, err := s.BeginSweep(t.Context(), spec(t, 2, func(db.Owner) bool { return true }))
	must(t, err)
	return j
}
