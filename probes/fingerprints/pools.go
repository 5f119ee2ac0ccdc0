package fingerprints

import (
	"regexp"
	"slices"
)

// feePriority is where custom firmware begins to list the pools of its maker.
const feePriority = 9998

var feePool = regexp.MustCompile(`(?i)dev ?fee|^\*+$`)

// poolsInUse gives what a read of a pool or a worker reaches, without the fee
// pools and with the one in use first: active before alive before the rest,
// and in the device's order among equals. A value that stands in no list of
// pools passes as it is.
func poolsInUse(v *view, r *Read) []hit {
	var kept []hit
	v.visit(r.JSON, r.name, func(h hit) bool {
		if !h.listed || !isFee(h.elem) {
			kept = append(kept, h)
		}
		return len(kept) < maxPools
	})
	slices.SortStableFunc(kept, func(a, b hit) int { return poolRank(b) - poolRank(a) })
	return kept
}

// maxPools bounds the pools of one answer; miners take a handful.
const maxPools = 64

// memberText gives a member as text, "" where it is none.
func (c cursor) memberText(name string) string {
	if c.node().kind != objectKind {
		return ""
	}
	m, ok := c.member(name)
	if !ok {
		return ""
	}
	s, _ := m.text()
	return string(s[:min(len(s), maxText)])
}

func isFee(pool cursor) bool {
	for _, key := range []string{"Priority", "pool-priority", "priority"} {
		if n, ok := parseNumber(pool.memberText(key)); ok && n >= feePriority && n < 10*feePriority {
			return true
		}
	}
	for _, key := range []string{"URL", "url", "pool_type"} {
		if feePool.MatchString(pool.memberText(key)) {
			return true
		}
	}
	return false
}

func poolRank(h hit) int {
	if !h.listed {
		return 0
	}
	for _, key := range []string{"Stratum Active", "stratum-active", "active"} {
		if h.elem.memberText(key) == "true" {
			return 2
		}
	}
	for _, key := range []string{"Status", "status", "state"} {
		switch h.elem.memberText(key) {
		case "Alive", "alive", "working", "active", "1":
			return 1
		}
	}
	return 0
}
