package main

import (
	"fmt"
	"time"
)

// run is what was measured of one program on one job.
type run struct {
	program string
	job     job
	gro     bool

	sent     uint64        // SYNs on the wire
	active   time.Duration // from the first to the last, without the gaps between processes
	wall     time.Duration // of the processes
	cpu      time.Duration // user and system, of the processes and their children
	resident uint64        // bytes, at most at a time, children too
	score    score
	outside  uint64 // packets to addresses that the job does not name
	lost     uint64 // probes that the device dropped
	pace     pace
}

// pair is a run of minesweep and one of a peer, taken one after the other.
type pair struct{ ours, theirs run }

func (r run) perSecond() float64 {
	if r.active <= 0 {
		return 0
	}
	return float64(r.sent) / r.active.Seconds()
}

// cpuPerProbe is in microseconds.
func (r run) cpuPerProbe() float64 {
	if r.sent == 0 {
		return 0
	}
	return float64(r.cpu.Microseconds()) / float64(r.sent)
}

func (r run) wallSeconds() float64  { return r.wall.Seconds() }
func (r run) megabytes() float64    { return float64(r.resident) / 1e6 }
func (r run) foundPercent() float64 { return r.score.percent() }
func (r run) meanError() float64    { return 100 * r.pace.mean }
func (r run) worstError() float64   { return 100 * r.pace.worst }

// String is the line that is printed while measuring.
func (r run) String() string {
	text := fmt.Sprintf("%-25s %-28s %7.0f packets/s %6.2f µs CPU %6.1f s %4.0f MB found %d of %d, %d untrue, %d outside, %d lost",
		r.program, r.job, r.perSecond(), r.cpuPerProbe(), r.wallSeconds(), r.megabytes(), r.score.found, r.score.truth, r.score.untrue, r.outside, r.lost)
	if r.job.rate > 0 {
		text += fmt.Sprintf("; %d/s asked, GRO %s, off by %+.1f %%, in a second by %+.1f %%", r.job.rate, onOff(r.gro), r.meanError(), r.worstError())
	}
	return text
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
