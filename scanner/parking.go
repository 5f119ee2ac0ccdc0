package scanner

import (
	"cmp"
	"container/heap"
	"slices"
)

// waiting is a target that may not be probed before due.
type waiting struct {
	due  int64
	step uint64
	a    address
	port uint16
	turn bool // it was given a turn, which has come when it is due
}

// parking holds waiting targets by when they are due.
type parking struct{ line waitingLine }

func (p *parking) put(w waiting) { heap.Push(&p.line, w) }

// due returns when the first is due; false: nobody waits.
func (p *parking) due() (int64, bool) {
	if len(p.line) == 0 {
		return 0, false
	}
	return p.line[0].due, true
}

func (p *parking) take() waiting { return heap.Pop(&p.line).(waiting) }

// keep drops those that it does not hold for.
func (p *parking) keep(holds func(waiting) bool) {
	p.line = slices.DeleteFunc(p.line, func(w waiting) bool { return !holds(w) })
	heap.Init(&p.line)
}

// anew lets all be due now, in the order in which they were due, without a turn.
func (p *parking) anew(now int64) {
	slices.SortFunc(p.line, func(a, b waiting) int { return cmp.Compare(a.due, b.due) })
	for i := range p.line {
		p.line[i].due, p.line[i].turn = now+int64(i), false
	}
}

func (p *parking) len() int { return len(p.line) }

// waitingLine is the heap below.
type waitingLine []waiting

func (l waitingLine) Len() int           { return len(l) }
func (l waitingLine) Less(i, j int) bool { return l[i].due < l[j].due }
func (l waitingLine) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *waitingLine) Push(x any)        { *l = append(*l, x.(waiting)) }
func (l *waitingLine) Pop() any {
	old := *l
	last := old[len(old)-1]
	*l = old[:len(old)-1]
	return last
}
