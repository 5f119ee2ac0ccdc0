package web_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"minesweep"
	"minesweep/web"
)

// stages play every stage of a sweep that Around measures.
type stages struct {
	clock *clock
	err   error
}

func (s stages) Scan(context.Context, minesweep.Plan, minesweep.Sink) error { return s.err }

func (s stages) Ask(context.Context, minesweep.OpenPort, minesweep.Known) ([]minesweep.Reply, error) {
	return []minesweep.Reply{{Raw: []byte("WALLET-0xdeadbeef")}, {}}, s.err
}

func (s stages) Checkpoint(context.Context, minesweep.Progress, []minesweep.OpenPort) error {
	s.clock.forward(3 * time.Second)
	return s.err
}

func (s stages) Pending(context.Context, int64, int) ([]minesweep.OpenPort, int64, error) {
	return nil, 0, s.err
}

func (s stages) Settle(context.Context, minesweep.OpenPort, []minesweep.Reply, minesweep.Host) error {
	return s.err
}

func (s stages) History(context.Context, netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	return nil, nil, s.err
}

var errDeaf = errors.New("the engine is deaf")

// walk calls every stage once.
func walk(ctx context.Context, s *minesweep.Sweeper) {
	port := minesweep.OpenPort{Target: netip.MustParseAddrPort("192.0.2.77:4028")}
	_ = s.Scanner.Scan(ctx, minesweep.Plan{}, nil)
	_, _ = s.Asker.Ask(ctx, port, minesweep.Known{})
	_ = s.Recorder.Checkpoint(ctx, minesweep.Progress{}, []minesweep.OpenPort{port})
	_, _, _ = s.Queue.Pending(ctx, 0, 1)
	_ = s.Queue.Settle(ctx, port, nil, minesweep.Host{})
	_, _, _ = s.History.History(ctx, port.Target.Addr())
}

func around(s *web.Sight, st stages) *minesweep.Sweeper {
	sweeper := &minesweep.Sweeper{Scanner: st, Asker: st, Recorder: st, Queue: st, History: st}
	s.Around(sweeper)
	return sweeper
}

func TestAroundMeasuresEachStage(t *testing.T) {
	s, c := newSight(t, web.Config{IsDeaf: func(err error) bool { return errors.Is(err, errDeaf) }})
	walk(t.Context(), around(s, stages{clock: c}))
	walk(t.Context(), around(s, stages{clock: c, err: errDeaf}))
	walk(t.Context(), around(s, stages{clock: c, err: context.Canceled}))
	_, page := get(t, s, "/metrics")
	for name, want := range map[string]float64{
		`minesweep_checkpoint_duration_seconds_count`:              3,
		`minesweep_checkpoint_duration_seconds_sum`:                9,
		`minesweep_checkpoint_duration_seconds_bucket{le="2.048"}`: 0,
		`minesweep_checkpoint_duration_seconds_bucket{le="4.096"}`: 3,
		`minesweep_questions_ports_total`:                          3,
		`minesweep_questions_total`:                                6,
		`minesweep_canary_deaf_total`:                              1,
		`minesweep_store_duration_seconds_count{op="pending"}`:     3,
		`minesweep_store_duration_seconds_count{op="settle"}`:      3,
		`minesweep_store_duration_seconds_count{op="history"}`:     3,
		`minesweep_store_errors_total{op="settle"}`:                1,
		`minesweep_store_errors_total{op="history"}`:               1,
	} {
		wantSeries(t, page, name, want)
	}
}

func TestAroundLeavesWhatIsNotThere(t *testing.T) {
	s, _ := newSight(t, web.Config{})
	var sweeper minesweep.Sweeper
	s.Around(&sweeper)
	if sweeper.Asker != nil || sweeper.Scanner != nil || sweeper.Recorder != nil || sweeper.Queue != nil || sweeper.History != nil {
		t.Error("a stage that was not there came to be: discovery alone would ask")
	}
}

func TestStintsAreCountedByHowTheyEnd(t *testing.T) {
	s, _ := newSight(t, web.Config{})
	for _, c := range []struct {
		kind string
		err  error
	}{{"discover", nil}, {"ask", errDeaf}, {"ask", context.Canceled}, {"anything", nil}} {
		_, over := s.Stint(t.Context(), web.Work{Kind: c.kind})
		over(c.err)
	}
	s.Stint(t.Context(), web.Work{Kind: "ask"})
	_, page := get(t, s, "/metrics")
	wantSeries(t, page, `minesweep_lanes_in_hand`, 1)
	wantSeries(t, page, `minesweep_stints_total{kind="discover",result="ok"}`, 1)
	wantSeries(t, page, `minesweep_stints_total{kind="ask",result="failed"}`, 1)
	wantSeries(t, page, `minesweep_stints_total{kind="ask",result="ok"}`, 1)
	wantSeries(t, page, `minesweep_stints_total{kind="other",result="ok"}`, 1)
}
