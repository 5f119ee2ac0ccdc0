package scanner

import (
	"errors"
	"net/netip"

	"minesweep"
)

// course is the way of a plan: its shard of the permutation, walked once a
// pass. A step is a number from 0 to total.
type course struct {
	*space
	order         *permutation
	shard, shards uint64
	pass          uint64 // steps of one pass
	total         uint64
}

func newCourse(plan minesweep.Plan) (*course, error) {
	size, ok := plan.Size()
	total, fits := plan.Total()
	switch {
	case !ok || !fits:
		return nil, errors.New("the plan has more than 4·10¹⁸ probes, which no sweep ends; name smaller prefixes")
	case size == 0:
		return nil, errors.New("the plan has no target or no port")
	case plan.Shard >= max(plan.Shards, 1):
		return nil, errors.New("the plan's shard is not one of its shards; they are counted from 0")
	}
	c := &course{
		space: newSpace(plan), order: newPermutation(size, plan.Seed),
		shard: plan.Shard, shards: max(plan.Shards, 1), total: total,
	}
	c.pass = minesweep.ShardSize(size, c.shard, c.shards)
	return c, nil
}

// ride is a course on its way.
type ride struct {
	*course
	*walk
	step uint64 // the next one
}

// from returns the ride that begins at step.
func (c *course) from(step uint64) *ride {
	r := &ride{course: c, step: step}
	if step < c.total {
		r.walk = c.order.from(c.shard+step%c.pass*c.shards, c.shards)
	}
	return r
}

// done reports whether the course has no further step.
func (r *ride) done() bool { return r.step >= r.total }

// startsPass reports whether the next step is the first of a pass after the first.
func (r *ride) startsPass() bool { return r.step > 0 && r.step%r.pass == 0 }

// next takes one step.
func (r *ride) next() (a address, port uint16) {
	if r.startsPass() {
		r.walk = r.order.from(r.shard, r.shards)
	}
	r.step++
	return r.probe(r.walk.next())
}

func (r *ride) nextTarget() netip.AddrPort {
	a, port := r.next()
	return netip.AddrPortFrom(a.addr(), port)
}
