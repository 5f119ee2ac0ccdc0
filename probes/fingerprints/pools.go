package fingerprints

import (
	"regexp"
	"slices"
)

// feePriority is where custom firmware begins to list the pools of its maker.
const feePriority = 9998

var feePool = regexp.MustCompile(`(?i)dev ?fee|^\*+$`)

// poolsInUse drops the fee pools and puts the one in use first: active before
// alive before the rest, and in the device's order among equals. A value that
// stands in no list of pools passes as it is.
func poolsInUse(hits []hit) []hit {
	var kept []hit
	for _, h := range hits {
		if pool, ok := h.elem.(map[string]any); !ok || !isFee(pool) {
			kept = append(kept, h)
		}
	}
	slices.SortStableFunc(kept, func(a, b hit) int { return poolRank(b.elem) - poolRank(a.elem) })
	return kept
}

func isFee(pool map[string]any) bool {
	for _, key := range []string{"Priority", "pool-priority", "priority"} {
		s, _ := scalarText(pool[key])
		if n, ok := parseNumber(s); ok && n >= feePriority && n < 10*feePriority {
			return true
		}
	}
	for _, key := range []string{"URL", "url", "pool_type"} {
		if s, _ := scalarText(pool[key]); feePool.MatchString(s) {
			return true
		}
	}
	return false
}

func poolRank(elem any) int {
	pool, _ := elem.(map[string]any)
	for _, key := range []string{"Stratum Active", "stratum-active", "active"} {
		if s, _ := scalarText(pool[key]); s == "true" {
			return 2
		}
	}
	for _, key := range []string{"Status", "status", "state"} {
		switch s, _ := scalarText(pool[key]); s {
		case "Alive", "alive", "working", "active", "1":
			return 1
		}
	}
	return 0
}
