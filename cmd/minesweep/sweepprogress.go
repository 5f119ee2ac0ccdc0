package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"minesweep"
	"minesweep/db"
)

// progressRow is how far a sweep is.
type progressRow struct {
	ID        int64            `json:"id"`
	Status    string           `json:"status"`
	Note      string           `json:"note"`
	Covered   float64          `json:"covered_percent"`
	Settled   uint64           `json:"settled"`
	Total     uint64           `json:"probes"`
	Sent      uint64           `json:"sent"`
	Resent    uint64           `json:"sent_again"` // as far as checkpoints tell
	Asked     uint64           `json:"rate_asked"` // 0: what the grants allow
	Mean      float64          `json:"rate_mean"`  // 0: not measured
	Peak24    uint64           `json:"rate_peak_per_24"`
	Open      int              `json:"open"`
	Waiting   int              `json:"open_not_asked"`
	Confirmed int              `json:"confirmed"`
	Decoys    int              `json:"decoys"`
	HeldBack  int              `json:"decoys_held_back"`
	Refused   uint64           `json:"refused"`
	Errors    uint64           `json:"errors"`
	Faults    minesweep.Faults `json:"errors_by_kind"`
	Lanes     []string         `json:"lanes"` // such as "discover: 3 done, 1 running"
	Nodes     []string         `json:"nodes"` // that took part
	ETA       string           `json:"eta"`   // "" not foreseen

	running int // lanes in the hands of nodes
}

var progressColumns = []column[progressRow]{
	{"ID", func(r progressRow) string { return strconv.FormatInt(r.ID, 10) }, 0},
	{"STATUS", func(r progressRow) string { return r.Status }, 0},
	{"COVERED", func(r progressRow) string { return fmt.Sprintf("%.1f %%", r.Covered) }, 0},
	{"SENT", func(r progressRow) string { return strconv.FormatUint(r.Sent, 10) }, 0},
	{"AGAIN", func(r progressRow) string { return strconv.FormatUint(r.Resent, 10) }, 0},
	{"RATE", func(r progressRow) string { return strconv.FormatFloat(r.Mean, 'f', 0, 64) }, 0},
	{"PER /24", func(r progressRow) string { return strconv.FormatUint(r.Peak24, 10) }, 0},
	{"OPEN", func(r progressRow) string { return strconv.Itoa(r.Open) }, 0},
	{"CONFIRMED", func(r progressRow) string { return strconv.Itoa(r.Confirmed) }, 0},
	{"DECOYS", func(r progressRow) string { return strconv.Itoa(r.Decoys) }, 0},
	{"REFUSED", func(r progressRow) string { return strconv.FormatUint(r.Refused, 10) }, 0},
	{"ERRORS", func(r progressRow) string { return byKind(strconv.FormatUint(r.Errors, 10), r.Faults) }, 80},
	{"LANES", func(r progressRow) string { return strings.Join(r.Lanes, "; ") }, 0},
	{"NODES", func(r progressRow) string { return strings.Join(r.Nodes, " ") }, 0},
	{"ETA", func(r progressRow) string { return r.ETA }, 0},
	{"NOTE", func(r progressRow) string { return r.Note }, 0},
}

// progressOf reads how far a sweep is.
func (p *program) progressOf(ctx context.Context, s *db.Store, id int64) (progressRow, db.Sweep, error) {
	sweep, err := s.Sweep(ctx, id)
	if err != nil {
		return progressRow{}, sweep, err
	}
	tally, err := s.Tally(ctx, id)
	if err != nil {
		return progressRow{}, sweep, err
	}
	verdicts, err := s.Verdicts(ctx, id)
	if err != nil {
		return progressRow{}, sweep, err
	}
	row := newProgressRow(sweep, tally, verdicts)
	lanes, err := s.Lanes(ctx, id)
	if err != nil {
		return row, sweep, err
	}
	row.Lanes, row.running = lanesText(lanes), running(lanes)
	if row.Nodes, err = nodesOf(ctx, s, id); err != nil {
		return row, sweep, err
	}
	row.ETA = eta(sweep, p.now())
	return row, sweep, nil
}

func newProgressRow(s db.Sweep, t db.Tally, verdicts map[string]int) progressRow {
	return progressRow{
		ID: s.ID, Status: string(s.Status), Note: s.Note, Covered: coverage(s), Settled: s.Cursor, Total: s.Total,
		Sent: s.Sent, Resent: s.Resent, Asked: s.Rate, Mean: math.Round(meanRate(s)), Peak24: s.PeakPer24,
		Open: t.Open, Waiting: t.Open - t.Asked, Confirmed: verdicts[string(minesweep.Confirmed)], Decoys: verdicts[string(minesweep.DecoyHost)],
		HeldBack: t.Sieved, Refused: s.Refused, Errors: s.Errors, Faults: s.Faults,
		Lanes: []string{}, Nodes: []string{},
	}
}

// line is the row for a person.
func (r progressRow) line() string {
	parts := []string{
		fmt.Sprintf("sweep %d %s", r.ID, r.Status),
		fmt.Sprintf("%.1f %% of %d probes", r.Covered, r.Total),
	}
	if r.Mean > 0 {
		parts = append(parts, fmt.Sprintf("%.0f/s", r.Mean))
	}
	parts = append(parts, fmt.Sprintf("%d open, %d to ask, %d confirmed", r.Open, r.Waiting, r.Confirmed))
	if r.Errors > 0 {
		parts = append(parts, byKind(fmt.Sprintf("%d errors", r.Errors), r.Faults))
	}
	if r.ETA != "" {
		parts = append(parts, r.ETA)
	}
	if len(r.Nodes) > 0 {
		parts = append(parts, "on "+strings.Join(r.Nodes, " "))
	}
	if r.Note != "" {
		parts = append(parts, oneLine(r.Note))
	}
	return strings.Join(parts, ", ")
}

// change is what is worth a line of its own where lines cannot move.
func (r progressRow) change() string {
	return fmt.Sprint(r.Status, r.Note, int(r.Covered), r.Confirmed, r.Lanes, r.Nodes)
}

// lanesText counts lanes by state, a text for each kind.
func lanesText(lanes []db.Lane) []string {
	out := []string{}
	for _, kind := range []db.LaneKind{db.Discover, db.Ask} {
		counts := make(map[string]int)
		for _, l := range lanes {
			if l.Kind == kind {
				counts[string(l.State)]++
			}
		}
		if len(counts) > 0 {
			out = append(out, fmt.Sprintf("%s: %s", kind, tally(counts)))
		}
	}
	return out
}

func running(lanes []db.Lane) (n int) {
	for _, l := range lanes {
		if l.State == db.OnRun {
			n++
		}
	}
	return n
}

// nodesOf returns who took part in a sweep, in order of name.
func nodesOf(ctx context.Context, s *db.Store, id int64) ([]string, error) {
	stints, err := s.Stints(ctx, db.StintFilter{Sweep: id})
	names := []string{}
	for _, t := range stints {
		names = append(names, t.Node)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// eta says when a sweep ends, by how fast it was so far.
func eta(s db.Sweep, now time.Time) string {
	mean := meanRate(s)
	if s.Status != db.Running || mean == 0 || s.Cursor >= s.Total {
		return ""
	}
	left := time.Duration(float64(s.Total-s.Cursor) / mean * float64(time.Second))
	return fmt.Sprintf("%s left, until %s", span(left), stamp(now.Add(left)))
}

// showProgress writes how far a sweep is, in the format of -o.
func (p *program) showProgress(ctx context.Context, s *db.Store, id int64) error {
	row, _, err := p.progressOf(ctx, s, id)
	if err != nil {
		return err
	}
	return writeRows(p, progressColumns, []progressRow{row})
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// summariseLanes says who ran a sweep in lanes, what was found so far, and what
// failed; of a scan only why it ended, if that was before its end.
func (p *program) summariseLanes(ctx context.Context, s *db.Store, sweep db.Sweep) error {
	if sweep.Queue == "" {
		if sweep.Note != "" {
			p.notice(fmt.Sprintf("sweep %d %s: %s", sweep.ID, sweep.Status, oneLine(sweep.Note)))
		}
		return nil
	}
	row, _, err := p.progressOf(ctx, s, sweep.ID)
	if err != nil {
		return err
	}
	on := "nobody yet"
	if len(row.Nodes) > 0 {
		on = strings.Join(row.Nodes, " ")
	}
	p.notice(fmt.Sprintf("sweep %d was run on %s: %s", row.ID, on, strings.Join(row.Lanes, "; ")))
	text := fmt.Sprintf("sweep %d: %d confirmed, %d decoys, %d open ports still to ask, %d probes sent again as far as checkpoints tell",
		row.ID, row.Confirmed, row.Decoys, row.Waiting, row.Resent)
	if row.ETA != "" {
		text += ", " + row.ETA
	}
	if sweep.Schedule != "" {
		text += ", of schedule " + sweep.Schedule
	}
	if sweep.Note != "" {
		text += ": " + sweep.Note
	}
	p.notice(text)
	stints, err := s.Stints(ctx, db.StintFilter{Sweep: sweep.ID})
	for _, failure := range laneFailures(stints) {
		p.notice(fmt.Sprintf("sweep %d: %s", sweep.ID, failure))
	}
	return err
}
