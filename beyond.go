package minesweep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	// BeyondLeft is how many steps a [Beyond] can leave out.
	BeyondLeft = 4096
	// BeyondSpan is how many steps a [Beyond] can say something about.
	BeyondSpan = 1 << 16
)

// Beyond is what a plan has settled above its cursor, where some steps wait for
// their network's budget and others have overtaken them: every step from the
// cursor to below To but those in Left. The zero value says nothing.
type Beyond struct {
	To   uint64
	Left []uint64 // below To, ascending
}

// Settled reports whether step is among those that are settled. It knows no
// cursor: a step below that is settled in any case.
func (b Beyond) Settled(step uint64) bool {
	if step >= b.To {
		return false
	}
	_, left := slices.BinarySearch(b.Left, step)
	return !left
}

// Count returns how many steps from cursor on are settled.
func (b Beyond) Count(cursor uint64) uint64 {
	if b.To <= cursor {
		return 0
	}
	at, _ := slices.BinarySearch(b.Left, cursor)
	return b.To - cursor - uint64(len(b.Left)-at)
}

// From returns what b says of the steps from cursor on, as far as a plan takes
// it: BeyondSpan steps, and BeyondLeft that are left.
func (b Beyond) From(cursor uint64) Beyond {
	at, _ := slices.BinarySearch(b.Left, cursor)
	left, to := b.Left[at:], b.To
	if to > cursor {
		to = cursor + min(to-cursor, BeyondSpan)
	}
	if len(left) > BeyondLeft {
		to = min(to, left[BeyondLeft])
	}
	end, _ := slices.BinarySearch(left, to)
	for end > 0 && left[end-1] == to-1 { // what is left at the end is left anyway
		end, to = end-1, to-1
	}
	if to <= cursor {
		return Beyond{}
	}
	return Beyond{To: to, Left: left[:end]}
}

// Bytes is the form in which b is stored, never nil: nothing for the zero value,
// else To, the number of those left, and each as its distance from the one
// before, the first from 0, all as uvarints.
func (b Beyond) Bytes() []byte {
	if b.To == 0 {
		return []byte{}
	}
	out := make([]byte, 0, 16+2*len(b.Left))
	out = binary.AppendUvarint(out, b.To)
	out = binary.AppendUvarint(out, uint64(len(b.Left)))
	before := uint64(0)
	for _, step := range b.Left {
		out = binary.AppendUvarint(out, step-before)
		before = step
	}
	return out
}

// ParseBeyond reads what Bytes has written, and nothing else. The error says
// what is wrong with it.
func ParseBeyond(stored []byte) (Beyond, error) {
	if len(stored) == 0 {
		return Beyond{}, nil
	}
	r := uvarints{rest: stored}
	b := Beyond{To: r.next()}
	count := r.next()
	switch {
	case r.bad:
		return Beyond{}, errors.New("steps above the cursor: the header is cut off or too large")
	case b.To == 0:
		return Beyond{}, errors.New("steps above the cursor: they end at 0")
	case count > BeyondLeft:
		return Beyond{}, fmt.Errorf("steps above the cursor: %d are left, and %d at most can be", count, BeyondLeft)
	}
	step := uint64(0)
	for i := range count {
		delta := r.next()
		switch {
		case r.bad:
			return Beyond{}, fmt.Errorf("steps above the cursor: number %d of %d left is cut off or too large", i+1, count)
		case delta == 0 && i > 0:
			return Beyond{}, fmt.Errorf("steps above the cursor: step %d is left twice", step)
		case delta >= b.To-step:
			return Beyond{}, fmt.Errorf("steps above the cursor: number %d of %d left is not below %d, where they end", i+1, count, b.To)
		}
		step += delta
		b.Left = append(b.Left, step)
	}
	if len(r.rest) > 0 || !bytes.Equal(b.Bytes(), stored) {
		return Beyond{}, fmt.Errorf("steps above the cursor: %d bytes hold what takes %d", len(stored), len(b.Bytes()))
	}
	return b, nil
}

// uvarints reads numbers until one is no number.
type uvarints struct {
	rest []byte
	bad  bool
}

func (r *uvarints) next() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}
