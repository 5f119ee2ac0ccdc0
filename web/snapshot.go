package web

import (
	"context"
	"time"

	"minesweep"
)

// Source reads what the nodes share, usually from the store. It is asked once
// for many scrapes; see [Config].
type Source interface {
	Snapshot(ctx context.Context) (Snapshot, error)
}

// Snapshot is the state of the store at one time. Only what is unfinished is in
// it, so that the number of series stays bounded.
type Snapshot struct {
	Sweeps    []Sweep // those that are neither done nor given up
	Nodes     []Node  // those that did not say goodbye
	Schedules []Schedule
}

// Sweep is one unfinished sweep.
type Sweep struct {
	ID      int64
	Status  string // running, resting, paused, ...
	Started time.Time
	Budget  uint64 // packets/s asked for over all lanes; 0: what the grants allow
	Work    []LaneWork
	Lanes   []LaneCount
	Counts  *Counts // nil: they could not be counted in time
}

// Counts are of the open ports and hosts of a sweep.
type Counts struct {
	Open   int            // open ports found
	Asked  int            // of them: asked, or held back
	Sieved int            // of them: held back as decoys
	Hosts  map[string]int // by verdict
}

// LaneWork is what the lanes of one kind of a sweep have done together.
type LaneWork struct {
	Kind               string // discover or ask
	minesweep.Progress        // sums; the peaks are the highest of any lane
}

// LaneCount is how many lanes of a kind are in a state.
type LaneCount struct {
	Kind, State string
	Lanes       int
}

// Node is a worker as the store knows it.
type Node struct {
	Name      string
	Heartbeat time.Time
	Skew      time.Duration // of its clock, against the database's
	Alive     bool          // by its heartbeat
}

// Schedule is a schedule and what became of its nights.
type Schedule struct {
	Name    string
	Nights  map[string]int // by outcome
	Next    time.Time      // zero: it is paused, or will not run again
	Success time.Time      // when its last finished sweep ended; zero: none did
}

// Local is what this process knows of itself.
type Local struct {
	Admitted, Refused, Starved uint64        // of the guard, see scanner.Counts
	MaxPer24                   int           // most attempts to one /24 within 1 s
	ScopeAge                   time.Duration // since the guard's scope was read
	Skew                       time.Duration // of this clock against the database's, as measured last
}
