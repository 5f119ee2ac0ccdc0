package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"minesweep"
)

// progress shows how far a sweep is: a bar on a terminal, nothing elsewhere.
type progress struct {
	last  atomic.Pointer[minesweep.Progress]
	box   *mpb.Progress
	bar   *mpb.Bar
	begun time.Time
	now   func() time.Time
}

func (p *program) newProgress(ctx context.Context, plan minesweep.Plan) *progress {
	g := &progress{now: p.now, begun: p.now()}
	g.last.Store(&minesweep.Progress{})
	file, ok := p.stderr.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) {
		return g
	}
	total, _ := plan.Total()
	g.box = mpb.NewWithContext(context.WithoutCancel(ctx), mpb.WithOutput(file), mpb.WithWidth(48), mpb.WithRefreshRate(250*time.Millisecond))
	g.bar = g.box.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Percentage(decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Any(g.status), decor.AverageETA(decor.ET_STYLE_GO)))
	g.bar.SetCurrent(int64(plan.Cursor))
	return g
}

func (g *progress) status(decor.Statistics) string {
	last := g.last.Load()
	return fmt.Sprintf("%.0f probes/s, %d open, ETA ", g.rate(last), last.Open)
}

func (g *progress) rate(last *minesweep.Progress) float64 {
	seconds := g.now().Sub(g.begun).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.Sent) / seconds
}

// update takes a checkpoint; it may be called from several goroutines.
func (g *progress) update(now minesweep.Progress) {
	g.last.Store(&now)
	if g.bar != nil {
		g.bar.SetCurrent(int64(now.Cursor))
	}
}

func (g *progress) close() {
	if g.bar != nil {
		g.bar.Abort(true)
		g.box.Wait()
	}
}
