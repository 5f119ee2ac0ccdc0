// Package mapper turns what a sweep knows of one address into a verdict: who
// it is, what speaks against it, what it draws, and what may be kept of it.
//
// It is pure: the same observation gives the same host, in whatever order
// replies and evidence come. It reads no clock and opens nothing.
package mapper

import (
	"fmt"
	"slices"
	"time"

	"minesweep"
	"minesweep/devices"
	"minesweep/pools"
)

// minKey is the shortest key accepted: 16 bytes, 128 bits.
const minKey = 16

// Config configures a [Mapper].
type Config struct {
	// Key is the installation's secret for keyed hashes of workers, wallets,
	// MACs, serials and hostnames; at least 16 bytes. Another key gives other
	// tokens, so a store and its key stay together.
	Key []byte
}

// Mapper implements [minesweep.Assessor]. It may be used by several goroutines.
type Mapper struct {
	tokens  tokens
	devices *devices.Table
	pools   *pools.Table
}

var _ minesweep.Assessor = (*Mapper)(nil)

// New returns a mapper, or an error for a key that is too short or a table
// of devices or pools that cannot be read.
func New(cfg Config) (*Mapper, error) {
	if len(cfg.Key) < minKey {
		return nil, fmt.Errorf("mapper: key has %d bytes, give at least %d", len(cfg.Key), minKey)
	}
	table, err := devices.Load()
	if err != nil {
		return nil, fmt.Errorf("mapper: %w", err)
	}
	where, err := pools.Load()
	if err != nil {
		return nil, fmt.Errorf("mapper: %w", err)
	}
	return &Mapper{tokens: tokens{key: slices.Clone(cfg.Key)}, devices: table, pools: where}, nil
}

// Assess weighs the observation and returns the host as it may be stored:
// under privacy individual (also the meaning of "") workers, wallets, MACs,
// serials and hostnames are keyed hashes. No grant at all, as when a file is
// judged, keeps them as they are.
func (m *Mapper) Assess(o minesweep.Observation) minesweep.Host {
	h := minesweep.Host{Address: o.Address, Evidence: []minesweep.QuotedClaim{}, Doubts: []string{}}
	h.FirstSeen, h.LastSeen = seen(o)
	h.Ports = hostPorts(o)
	h.Requests = requests(o.Replies)
	weigh(o, &h)
	m.fitUnit(&h)
	m.fillFromTable(&h)
	m.fillCoin(&h)
	fillState(&h)
	m.fillPower(&h)
	bound(&h)
	if private(o.Grant) {
		m.conceal(&h, o.Evidence)
	}
	return h
}

// seen returns the first sign of the address in this sweep and the moment of
// the assessment.
func seen(o minesweep.Observation) (first, last time.Time) {
	first = o.At
	for _, p := range o.Ports {
		if !p.At.IsZero() && (first.IsZero() || p.At.Before(first)) {
			first = p.At
		}
	}
	return first, o.At
}
