package db_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestSweepIsResumedByItsNumber(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		plan := spec(t, 1, nobody)
		plan.Seed, plan.Shard, plan.Shards, plan.Passes, plan.PassGap = 7, 1, 3, 2, time.Minute
		plan.Terms = db.Terms{Engine: "syn", Rate: 900}
		first, err := s.BeginSweep(t.Context(), plan)
		must(t, err)
		must(t, first.Checkpoint(t.Context(), minesweep.Progress{Cursor: 40, Sent: 50}, []minesweep.OpenPort{port("10.0.0.7:80", c)}))
		must(t, first.Close(t.Context(), db.Stopped, "ctrl-c"))
		id := first.Sweep().ID

		owner := db.Owner{Host: "here", PID: 9, Start: "9"}
		second, err := s.ResumeSweep(t.Context(), id, db.ResumeSpec{Owner: owner, Alive: nobody, Terms: db.Terms{Engine: "naabu", NoQuestions: true}})
		must(t, err)
		got := second.Plan()
		if got.Cursor != 40 || got.Seed != 7 || got.Shard != 1 || got.Shards != 3 || got.Passes != 2 || got.PassGap != time.Minute ||
			got.Targets.Prefixes()[0].String() != "10.0.0.0/24" || !slices.Equal(got.Ports, plan.Ports) {
			t.Errorf("plan %+v", got)
		}
		stored, err := s.Sweep(t.Context(), id)
		must(t, err)
		if stored.Status != db.Running || stored.Note != "" || !stored.FinishedAt.IsZero() || stored.Owner != owner ||
			stored.Terms != (db.Terms{Engine: "naabu", NoQuestions: true}) || stored.Sent != 50 {
			t.Errorf("stored %+v", stored)
		}
		if err := first.Checkpoint(t.Context(), minesweep.Progress{Cursor: 60}, nil); !errors.Is(err, db.ErrTakenOver) {
			t.Errorf("the process before may still write: %v", err)
		}
		must(t, second.Close(t.Context(), db.Failed, "no route"))
		_, err = s.ResumeSweep(t.Context(), id, db.ResumeSpec{Owner: owner, Alive: nobody})
		must(t, err)
		var log []string
		must(t, s.Audit(t.Context(), func(e db.AuditEntry) error { log = append(log, e.Action+" "+e.Detail); return nil }))
		if last := log[len(log)-1]; !strings.HasPrefix(last, "sweep resume sweep=1 cursor=40 run=3") {
			t.Errorf("audit %q", last)
		}
	})
}

func TestResumeRefuses(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		everybody := func(db.Owner) bool { return true }
		begin := func() *db.Journal {
			j, err := s.BeginSweep(t.Context(), spec(t, 1, everybody))
			must(t, err)
			return j
		}
		running, covered, asked := begin(), begin(), begin()
		for _, j := range []*db.Journal{covered, asked} {
			must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: j.Sweep().Total}, []minesweep.OpenPort{port("10.0.0.7:80", c)}))
		}
		must(t, asked.Settle(t.Context(), port("10.0.0.7:80", c), nil, miner("10.0.0.7", "", c)))
		must(t, covered.Close(t.Context(), db.Done, ""))
		must(t, asked.Close(t.Context(), db.Done, ""))

		me := db.Owner{Host: running.Sweep().Owner.Host, PID: 77}
		for _, r := range []struct {
			id      int64
			noAsks  bool
			want    error
			mention string
		}{
			{99, false, db.ErrNotFound, "sweep 99"},
			{running.Sweep().ID, false, db.ErrRuns, "process 1"},
			{covered.Sweep().ID, true, db.ErrNothingLeft, "--no-questions"},
			{asked.Sweep().ID, false, db.ErrNothingLeft, "to ask"},
			{covered.Sweep().ID, false, nil, ""},
		} {
			_, err := s.ResumeSweep(t.Context(), r.id, db.ResumeSpec{Owner: me, Alive: everybody, Terms: db.Terms{NoQuestions: r.noAsks}})
			if !errors.Is(err, r.want) || err != nil && !strings.Contains(err.Error(), r.mention) {
				t.Errorf("sweep %d: %v; want %v", r.id, err, r.want)
			}
		}
		// Of a machine that cannot be asked, silence decides.
		far := db.ResumeSpec{Owner: db.Owner{Host: "elsewhere"}, Alive: everybody}
		if _, err := s.ResumeSweep(t.Context(), running.Sweep().ID, far); !errors.Is(err, db.ErrRuns) {
			t.Errorf("taken over while it was heard: %v", err)
		}
		c.move(3 * time.Minute)
		if _, err := s.ResumeSweep(t.Context(), running.Sweep().ID, far); err != nil {
			t.Errorf("not taken over after its silence: %v", err)
		}
	})
}

func TestSendingLeavesPausesOut(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
		must(t, err)
		for _, step := range []struct {
			wait time.Duration
			sent uint64
		}{{time.Second, 100}, {time.Second, 300}, {time.Minute, 300}, {2 * time.Second, 400}, {time.Second, 400}, {time.Second, 500}} {
			c.move(step.wait)
			must(t, j.Checkpoint(t.Context(), minesweep.Progress{Sent: step.sent}, nil))
		}
		stored, err := s.Sweep(t.Context(), j.Sweep().ID)
		must(t, err)
		if stored.Sending != 6*time.Second || j.Sweep().Sending != stored.Sending {
			t.Errorf("sending %s, want 6s", stored.Sending)
		}
	})
}

func TestOpenPortsInOrderAndCounted(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
		must(t, err)
		heard := port("10.0.0.9:80", c)
		heard.Engine, heard.Stack = "syn", minesweep.Stack{Heard: true, TTL: 57, Window: 65535, Options: "MSTNW"}
		must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: 3}, []minesweep.OpenPort{heard, port("10.0.0.7:4028", c), port("10.0.0.7:80", c)}))
		held := []minesweep.Reply{{Target: heard.Target, Probe: minesweep.SievedProbe, Refused: "every port is open", At: c.now()}}
		must(t, j.Settle(t.Context(), heard, held, miner("10.0.0.9", "", c)))
		var got []string
		var last minesweep.OpenPort
		must(t, s.OpenPorts(t.Context(), j.Sweep().ID, func(p minesweep.OpenPort) error {
			got, last = append(got, p.Target.String()), p
			return nil
		}))
		if want := []string{"10.0.0.7:80", "10.0.0.7:4028", "10.0.0.9:80"}; !slices.Equal(got, want) || last.Stack != heard.Stack {
			t.Errorf("got %v, %+v", got, last)
		}
		tally, err := s.Tally(t.Context(), j.Sweep().ID)
		must(t, err)
		if tally != (db.Tally{Open: 3, Asked: 1, Sieved: 1}) {
			t.Errorf("tally %+v", tally)
		}
		asked := []minesweep.Reply{
			{Probe: "http/", Raw: []byte("x"), End: minesweep.EndReset}, {Probe: "cgminer/version", Raw: []byte("y"), End: minesweep.EndComplete},
			{Probe: "a", End: minesweep.EndReset, Refused: "connection reset"}, {Probe: "b", End: minesweep.EndReset, Refused: "connection reset"},
			{Probe: "c", End: minesweep.EndIdle, Refused: "deadline exceeded"}, {Probe: "d", End: minesweep.EndEOF, Refused: "closed"},
		}
		must(t, j.Settle(t.Context(), port("10.0.0.7:80", c), asked, miner("10.0.0.7", "", c)))
		tally, err = s.Tally(t.Context(), j.Sweep().ID)
		must(t, err)
		if tally != (db.Tally{Open: 3, Asked: 2, Sieved: 1, Questions: db.Questions{Answered: 2, Reset: 2, Closed: 1, Idle: 1}}) {
			t.Errorf("tally %+v", tally)
		}
		if tally, err = s.Tally(t.Context(), 99); err != nil || tally != (db.Tally{}) {
			t.Errorf("no sweep: %+v, %v", tally, err)
		}
	})
}
