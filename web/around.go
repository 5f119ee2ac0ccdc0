package web

import (
	"context"
	"errors"
	"net/netip"

	"minesweep"
)

// Around puts the measuring of checkpoints, questions, settles and the engine
// around the stages of sweeper; call it once its stages are set.
func (s *Sight) Around(sweeper *minesweep.Sweeper) {
	if sweeper.Scanner != nil {
		sweeper.Scanner = seenScanner{sweeper.Scanner, s}
	}
	if sweeper.Asker != nil {
		sweeper.Asker = seenAsker{sweeper.Asker, s}
	}
	if sweeper.Recorder != nil {
		sweeper.Recorder = seenRecorder{sweeper.Recorder, s}
	}
	if sweeper.Queue != nil {
		sweeper.Queue = seenQueue{sweeper.Queue, s}
	}
	if sweeper.History != nil {
		sweeper.History = seenHistory{sweeper.History, s}
	}
}

type seenScanner struct {
	next minesweep.Scanner
	see  *Sight
}

func (d seenScanner) Scan(ctx context.Context, plan minesweep.Plan, sink minesweep.Sink) error {
	err := d.next.Scan(ctx, plan, sink)
	if err != nil && d.see.cfg.IsDeaf != nil && d.see.cfg.IsDeaf(err) {
		d.see.meters.deaf.Inc()
	}
	return err
}

type seenAsker struct {
	next minesweep.Asker
	see  *Sight
}

func (d seenAsker) Ask(ctx context.Context, port minesweep.OpenPort, known minesweep.Known) ([]minesweep.Reply, error) {
	ctx, span := d.see.sampled(ctx, spanAsk)
	replies, err := d.next.Ask(ctx, port, known)
	d.see.meters.asked.Inc()
	d.see.meters.answers.Add(float64(len(replies)))
	span.number("port", int64(port.Target.Port()))
	span.number("replies", int64(len(replies)))
	span.end(err)
	return replies, err
}

type seenRecorder struct {
	next minesweep.Recorder
	see  *Sight
}

func (d seenRecorder) Checkpoint(ctx context.Context, p minesweep.Progress, found []minesweep.OpenPort) error {
	ctx, span := d.see.sampled(ctx, spanCheckpoint)
	began := d.see.cfg.Now()
	err := d.next.Checkpoint(ctx, p, found)
	d.see.meters.checkpoint.Observe(d.see.cfg.Now().Sub(began).Seconds())
	span.number("found", int64(len(found)))
	span.end(err)
	return err
}

type seenQueue struct {
	next minesweep.Queue
	see  *Sight
}

func (d seenQueue) Pending(ctx context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	began := d.see.cfg.Now()
	ports, next, err := d.next.Pending(ctx, after, limit)
	d.see.timed(opPending, d.see.cfg.Now().Sub(began), unlessStopped(err))
	return ports, next, err
}

func (d seenQueue) Settle(ctx context.Context, port minesweep.OpenPort, replies []minesweep.Reply, host minesweep.Host) error {
	began := d.see.cfg.Now()
	err := d.next.Settle(ctx, port, replies, host)
	d.see.timed(opSettle, d.see.cfg.Now().Sub(began), unlessStopped(err))
	return err
}

type seenHistory struct {
	next minesweep.History
	see  *Sight
}

func (d seenHistory) History(ctx context.Context, addr netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	began := d.see.cfg.Now()
	ports, replies, err := d.next.History(ctx, addr)
	d.see.timed(opHistory, d.see.cfg.Now().Sub(began), unlessStopped(err))
	return ports, replies, err
}

// unlessStopped is err, or nil where the process only stopped waiting.
func unlessStopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
