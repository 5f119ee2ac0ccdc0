package minesweep

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"
)

// every returns n steps from first on, so far apart.
func every(first, apart uint64, n int) []uint64 {
	steps := make([]uint64, n)
	for i := range steps {
		steps[i] = first + uint64(i)*apart
	}
	return steps
}

func TestBeyondFrom(t *testing.T) {
	for name, tt := range map[string]struct {
		b      Beyond
		cursor uint64
		want   Beyond
		count  uint64
	}{
		"nothing":               {Beyond{}, 5, Beyond{}, 0},
		"at the cursor":         {Beyond{To: 5}, 5, Beyond{}, 0},
		"as it is":              {Beyond{10, []uint64{5, 7}}, 5, Beyond{10, []uint64{5, 7}}, 3},
		"none left":             {Beyond{To: 10}, 5, Beyond{To: 10, Left: []uint64{}}, 5},
		"the cursor moved":      {Beyond{10, []uint64{5, 7}}, 6, Beyond{10, []uint64{7}}, 3},
		"the cursor passed it":  {Beyond{10, []uint64{5, 7}}, 11, Beyond{}, 0},
		"left at the end":       {Beyond{10, []uint64{5, 8, 9}}, 5, Beyond{8, []uint64{5}}, 2},
		"nothing but left":      {Beyond{8, []uint64{5, 6, 7}}, 5, Beyond{}, 0},
		"too far":               {Beyond{1 << 40, []uint64{5, 1 << 30}}, 5, Beyond{5 + BeyondSpan, []uint64{5}}, BeyondSpan - 1},
		"too far from nowhere":  {Beyond{math.MaxUint64, nil}, math.MaxUint64 - 2, Beyond{To: math.MaxUint64, Left: []uint64{}}, 2},
		"too many left":         {Beyond{30_000, every(5, 3, BeyondLeft+9)}, 5, Beyond{5 + 3*BeyondLeft, every(5, 3, BeyondLeft)}, 2 * BeyondLeft},
		"as many left as can":   {Beyond{30_000, every(5, 3, BeyondLeft)}, 5, Beyond{30_000, every(5, 3, BeyondLeft)}, 30_000 - 5 - BeyondLeft},
		"too many below cursor": {Beyond{30_000, every(5, 3, BeyondLeft+9)}, 32, Beyond{30_000, every(32, 3, BeyondLeft)}, 30_000 - 32 - BeyondLeft},
	} {
		got := tt.b.From(tt.cursor)
		if len(got.Left) == 0 && len(tt.want.Left) == 0 {
			got.Left, tt.want.Left = nil, nil
		}
		if !reflect.DeepEqual(got, tt.want) || got.Count(tt.cursor) != tt.count {
			t.Errorf("%s: got to %d with %d left and %d settled, want to %d with %d left and %d settled",
				name, got.To, len(got.Left), got.Count(tt.cursor), tt.want.To, len(tt.want.Left), tt.count)
		}
		settled := uint64(0)
		for step := tt.cursor; step < got.To; step++ {
			if got.Settled(step) {
				if settled++; !tt.b.Settled(step) {
					t.Errorf("%s: step %d is settled all at once", name, step)
				}
			}
		}
		if settled != tt.count || got.Settled(got.To) {
			t.Errorf("%s: %d steps are settled, counted are %d", name, settled, tt.count)
		}
		back, err := ParseBeyond(got.Bytes())
		if err != nil || !bytes.Equal(back.Bytes(), got.Bytes()) || back.To != got.To || back.Count(tt.cursor) != tt.count {
			t.Errorf("%s: read back: %+v, %v", name, back, err)
		}
	}
}

func uvarintBytes(numbers ...uint64) (out []byte) {
	for _, n := range numbers {
		out = binary.AppendUvarint(out, n)
	}
	return out
}

func TestParseBeyondRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		stored []byte
		want   string
	}{
		"cut off":            {uvarintBytes(10), "header is cut off"},
		"endless":            {bytes.Repeat([]byte{0xff}, 40), "header is cut off or too large"},
		"nowhere":            {uvarintBytes(0, 0), "end at 0"},
		"too many":           {uvarintBytes(1<<30, BeyondLeft+1), "4097 are left"},
		"one is cut off":     {uvarintBytes(10, 2, 3), "number 2 of 2 left is cut off"},
		"twice":              {uvarintBytes(10, 2, 3, 0), "step 3 is left twice"},
		"behind the end":     {uvarintBytes(10, 2, 3, 7), "number 2 of 2 left is not below 10"},
		"wraps":              {uvarintBytes(10, 2, 3, math.MaxUint64-1), "not below 10"},
		"more than there is": {uvarintBytes(10, 1, 3, 1), "4 bytes hold what takes 3"},
		"not the shortest":   {[]byte{0x8a, 0, 0}, "3 bytes hold what takes 2"},
	} {
		if b, err := ParseBeyond(tt.stored); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v; want %q", name, b, err, tt.want)
		}
	}
}

func FuzzParseBeyond(f *testing.F) {
	f.Add(Beyond{10, []uint64{5, 7}}.Bytes())
	f.Add(Beyond{To: 1}.Bytes())
	f.Add(uvarintBytes(10, 2, 3, 7))
	f.Fuzz(func(t *testing.T, stored []byte) {
		b, err := ParseBeyond(stored)
		if err != nil {
			return
		}
		if !bytes.Equal(b.Bytes(), stored) || len(b.Left) > BeyondLeft {
			t.Fatalf("%x is read as %+v", stored, b)
		}
		last := uint64(0)
		for i, step := range b.Left {
			if step >= b.To || i > 0 && step <= last || b.Settled(step) {
				t.Fatalf("%x is read as %+v", stored, b)
			}
			last = step
		}
		if b.Count(0) != b.To-uint64(len(b.Left)) || b.From(0).Count(0) > b.Count(0) {
			t.Fatalf("%+v counts %d", b, b.Count(0))
		}
	})
}
