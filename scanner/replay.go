package scanner

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"minesweep"
)

// Lengths of the IP packet of one probe of the SYN engine, in bytes.
const (
	SYNBytes4 = ip4Header + tcpHeader
	SYNBytes6 = ip6Header + tcpHeader
)

// Step is a probe of one address in the order of a plan.
type Step struct {
	Number uint64 // in the plan's shard, from 0; passes count on
	Port   uint16
}

// StepsOf returns, lowest first, the steps at which a plan probes addr: none
// where it is no target, or where they are all of other shards. Nothing of a
// sweep is needed but its plan, and the order is not walked: where in it a
// target stands is a discrete logarithm, which takes some microseconds to
// milliseconds for each port. The cursor of the plan does not matter.
func StepsOf(ctx context.Context, plan minesweep.Plan, addr netip.Addr) ([]Step, error) {
	c, err := newCourse(plan)
	if err != nil {
		return nil, err
	}
	nth, ok := c.numberOf(addressOf(addr))
	if !ok {
		return nil, nil
	}
	ports := uint64(len(c.ports))
	log, err := newLogarithm(c.order, ports)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for i, port := range c.ports {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k := log.stepOf(nth*ports + uint64(i))
		if k%c.shards != c.shard {
			continue
		}
		for step := k / c.shards; step < c.total; step += c.pass {
			steps = append(steps, Step{step, port})
		}
	}
	slices.SortFunc(steps, func(a, b Step) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	return steps, nil
}

// numberOf returns which address of the plan a is, from 0.
func (s *space) numberOf(a address) (nth uint64, ok bool) {
	i, found := slices.BinarySearchFunc(s.list, a, func(i interval, a address) int {
		switch {
		case i.first == a:
			return 0
		case i.first.less(a):
			return -1
		}
		return 1
	})
	if !found {
		i--
	}
	if i < 0 || s.list[i].first.high != a.high {
		return 0, false
	}
	within := a.low - s.list[i].first.low
	return s.list[i].before + within, within < s.lengthOf(i)
}

// lengthOf is how many addresses interval i has.
func (s *space) lengthOf(i int) uint64 {
	if i+1 < len(s.list) {
		return s.list[i+1].before - s.list[i].before
	}
	return s.addresses - s.list[i].before
}

const (
	// logMost bounds the orders whose logarithms are taken: that many probes
	// take fifty days at a million packets/s.
	logMost   = 1 << 42
	babySteps = 1 << 20 // at most, 40 MB
)

// logarithm inverts a permutation: Shanks' baby steps and giant steps.
type logarithm struct {
	*permutation
	baby   map[uint64]uint64 // g^j to j, for the j below count
	count  uint64
	giant  uint64 // g^-count
	origin uint64 // offset^-1
}

// newLogarithm makes the table that is best for so many questions.
func newLogarithm(m *permutation, questions uint64) (*logarithm, error) {
	if m.p > logMost {
		return nil, fmt.Errorf("the plan has %d probes, and only of plans up to %d is it told when each was sent", m.n, uint64(logMost))
	}
	group := m.p - 1
	count := min(uint64(math.Sqrt(float64(group)*float64(questions)))+1, babySteps, group)
	l := &logarithm{permutation: m, baby: make(map[uint64]uint64, count), count: count}
	x := uint64(1)
	for j := range count {
		l.baby[x] = j
		x = mulMod(x, m.g, m.p)
	}
	l.giant = powMod(m.g, group-count%group, m.p)
	l.origin = powMod(m.offset, group-1, m.p)
	return l, nil
}

// stepOf returns the k whose at(k) is index.
func (l *logarithm) stepOf(index uint64) uint64 {
	k := l.elementOf(index + 1)
	for k >= l.n { // no step of its own: the walk came past element k+1 to it
		k = l.elementOf(k + 1)
	}
	return k
}

// elementOf returns the k whose power(k) is x, for 1 ≤ x < p.
func (l *logarithm) elementOf(x uint64) uint64 {
	x = mulMod(x, l.origin, l.p)
	for k := uint64(0); ; k += l.count {
		if j, ok := l.baby[x]; ok {
			return (k + j) % (l.p - 1)
		}
		x = mulMod(x, l.giant, l.p)
	}
}
