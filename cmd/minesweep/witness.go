package main

import (
	"cmp"
	"context"
	"net/netip"
	"strings"
	"time"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// witness gathers what was sent to one address.
type witness struct {
	question
	store    *db.Store
	past     *past
	now      time.Time
	covering []db.Sweep // of which it is a target
	refused  int        // probes that the guard did not let out
	rows     []probedRow
}

// sweeps gathers what the sweeps sent that cover the address.
func (w *witness) sweeps(ctx context.Context) error {
	sweeps, err := w.store.Sweeps(ctx)
	if err != nil {
		return err
	}
	for _, sweep := range sweeps {
		targets, err := sweep.TargetSet()
		if err != nil {
			return err
		}
		if !targets.Contains(w.addr) {
			continue
		}
		w.covering = append(w.covering, sweep)
		if !w.touches(sweep.StartedAt, w.endOf(sweep)) {
			continue
		}
		stints, err := w.store.Stints(ctx, db.StintFilter{Sweep: sweep.ID})
		if err != nil {
			return err
		}
		plan := minesweep.Plan{
			Targets: targets, Ports: sweep.Ports, Seed: sweep.Seed, Shard: sweep.Shard, Shards: sweep.Shards, Passes: sweep.Passes,
		}
		if err := w.discovery(ctx, sweep, plan, stints); err != nil {
			return err
		}
		if err := w.questions(ctx, sweep, stints); err != nil {
			return err
		}
	}
	return nil
}

// endOf is when a sweep can have sent its last packet.
func (w *witness) endOf(sweep db.Sweep) time.Time {
	if sweep.Status == db.Running {
		return w.now
	}
	return cmp.Or(sweep.FinishedAt, sweep.HeartbeatAt, w.now).Add(longestSilence)
}

// discovery gathers the probes of a sweep, lane by lane.
func (w *witness) discovery(ctx context.Context, sweep db.Sweep, plan minesweep.Plan, stints []db.Stint) error {
	lanes, err := w.store.Lanes(ctx, sweep.ID)
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		if lane.Kind != db.Discover {
			continue
		}
		if sweep.Queue != "" {
			plan.Shard, plan.Shards = uint64(lane.Lane), uint64(sweep.Lanes)
		}
		steps, err := scanner.StepsOf(ctx, plan, w.addr)
		if err != nil {
			return err
		}
		if len(steps) == 0 {
			continue
		}
		for _, l := range legsOf(sweep, lane, stints, w.now) {
			w.probes(sweep, l, steps)
		}
	}
	return nil
}

// synBytes are those of the IP packet of one SYN of ours.
func synBytes(addr netip.Addr) int {
	if addr.Is4() {
		return scanner.SYNBytes4
	}
	return scanner.SYNBytes6
}

// probes adds what one stint sent to the address: a row for what is certain,
// and one for what its end leaves open.
func (w *witness) probes(sweep db.Sweep, l leg, steps []scanner.Step) {
	if !w.touches(l.begin, l.end) {
		return
	}
	for _, perhaps := range []bool{false, true} {
		var mine []scanner.Step
		for _, step := range steps {
			if l.sent(step.Number, perhaps) {
				mine = append(mine, step)
			}
		}
		if len(mine) > 0 {
			w.addProbes(sweep, l, mine, perhaps)
		}
	}
}

func (w *witness) addProbes(sweep db.Sweep, l leg, steps []scanner.Step, perhaps bool) {
	at := l.timeOf(steps[0].Number)
	row := probedRow{
		What: "connect", Packets: len(steps), Sweep: sweep.ID, Lane: l.Lane, Run: l.Run, Node: l.Node,
	}
	if sweep.Engine == "syn" {
		bytes := len(steps) * synBytes(w.addr)
		row.What, row.Bytes = "syn", &bytes
	}
	for _, step := range steps {
		row.Ports = append(row.Ports, step.Port)
	}
	row.times(at, l.begin, l.end)
	if perhaps {
		row.Note = "perhaps: the node ended before it could say that it was sent"
	}
	w.allow(&row, l.begin, at, l.end)
	if row.Grant == "" {
		w.refused += len(steps)
		return
	}
	w.rows = append(w.rows, row)
}

// allow adds the authority of a row: the grant that held at one of the times,
// and what else may have been where it did not hold at all of them.
func (w *witness) allow(row *probedRow, times ...time.Time) {
	var grant *minesweep.Grant
	always := true
	for _, at := range times {
		g := w.past.allowed(w.addr, at)
		always = always && g != nil
		if g != nil {
			grant = g
		}
	}
	if grant == nil {
		return
	}
	row.Grant, row.Authority, row.Contact = grant.Name, grant.Authority, grant.Contact
	if !always && row.Note == "" {
		row.Note = "perhaps: authority over the address began or ended meanwhile, and the guard refused it then"
	}
}

// questions gathers what a sweep asked the address.
func (w *witness) questions(ctx context.Context, sweep db.Sweep, stints []db.Stint) error {
	replies, err := w.store.Replies(ctx, sweep.ID, w.addr)
	if err != nil {
		return err
	}
	for _, r := range replies {
		if r.Probe == minesweep.SievedProbe || !w.touches(r.At, r.At) {
			continue
		}
		bytes := len(r.Request)
		row := probedRow{
			What: "question", Question: r.Probe, Ports: []uint16{r.Target.Port()}, Packets: 1, Bytes: &bytes, Sweep: sweep.ID,
		}
		row.times(r.At, r.At, r.At)
		w.allow(&row, r.At)
		if asker := askerOf(sweep, stints, w.addr, r.At); asker != nil {
			row.Node, row.Lane, row.Run = asker.Node, asker.Lane, asker.Run
		}
		w.rows = append(w.rows, row)
	}
	return nil
}

// askerOf returns the stint in which an address was asked: of the lane that has
// its network, or the one of the scan.
func askerOf(sweep db.Sweep, stints []db.Stint, addr netip.Addr, at time.Time) *db.Stint {
	for i := range stints {
		t := &stints[i]
		mine := sweep.Queue == "" || t.Kind == db.Ask && int(minesweep.Part(addr))%sweep.Lanes == t.Lane
		if mine && !at.Before(t.StartedAt) && (t.EndedAt.IsZero() || !at.After(t.EndedAt.Add(longestSilence))) {
			return t
		}
	}
	return nil
}

func (w *witness) verifications(ctx context.Context) error {
	from, to := w.from, w.to
	if from.IsZero() {
		to = w.now
	}
	list, err := w.store.Verifications(ctx, w.addr, from, to)
	if err != nil {
		return err
	}
	for _, o := range list {
		row := probedRow{What: "verification", Node: o.Node, Note: "its known ports were connected to and asked; it did not answer"}
		if o.Answered {
			row.Note = "its known ports were connected to and asked; it answered"
		}
		row.times(o.At, o.At, o.At)
		w.allow(&row, o.At)
		w.rows = append(w.rows, row)
	}
	return nil
}

// byHand gathers what `minesweep probe` and `minesweep record` asked.
func (w *witness) byHand(context.Context) error {
	for _, e := range w.past.asked {
		for _, by := range []string{"probe", "record"} {
			rest, ok := strings.CutPrefix(e.Detail, byHand(w.addr, by))
			if !ok || !w.touches(e.At, e.At) {
				continue
			}
			row := probedRow{What: by, Who: e.Who, Note: strings.TrimSpace(rest)}
			row.times(e.At, e.At, e.At)
			w.allow(&row, e.At)
			w.rows = append(w.rows, row)
		}
	}
	return nil
}
