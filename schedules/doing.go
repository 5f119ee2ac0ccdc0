package schedules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// doing says in a few words what a node works on: "sweep 1: discover lanes 2, 6;
// ask lane 0".
func doing(held map[half][]int) string {
	var out strings.Builder
	last := int64(0)
	for _, h := range slices.SortedFunc(maps.Keys(held), func(a, b half) int {
		return cmp.Or(cmp.Compare(a.sweep, b.sweep), cmp.Compare(b.kind, a.kind)) // discover before ask
	}) {
		if out.Len() > 0 {
			out.WriteString("; ")
		}
		if h.sweep != last {
			fmt.Fprintf(&out, "sweep %d: ", h.sweep)
			last = h.sweep
		}
		fmt.Fprintf(&out, "%s %s", h.kind, numbered(held[h]))
	}
	return out.String()
}

// numbered names lanes in order; three and more in a row are written as a range.
func numbered(lanes []int) string {
	lanes = slices.Compact(slices.Sorted(slices.Values(lanes)))
	var parts []string
	for i := 0; i < len(lanes); {
		end := i
		for end+1 < len(lanes) && lanes[end+1] == lanes[end]+1 {
			end++
		}
		if end >= i+2 {
			parts = append(parts, fmt.Sprintf("%d-%d", lanes[i], lanes[end]))
			i = end + 1
			continue
		}
		parts = append(parts, fmt.Sprint(lanes[i]))
		i++
	}
	if len(lanes) == 1 {
		return "lane " + parts[0]
	}
	return "lanes " + strings.Join(parts, ", ")
}
