package main

import (
	"fmt"
	"strings"

	"go4.org/netipx"

	"minesweep"
)

// refusal says which part of the targets is refused, why, and what would
// grant it.
func refusal(scope *minesweep.Scope, refused *netipx.IPSet) error {
	ranges := refused.Ranges()
	_, why := scope.Decide(ranges[0].From())
	if why == nil { // the scope changed between the two questions
		return fmt.Errorf("%w: %s", minesweep.ErrRefused, rangesText(ranges))
	}
	text := strings.TrimPrefix(why.Error(), minesweep.ErrRefused.Error()+": ")
	return fmt.Errorf("%w: %s: %s; nothing was sent. %s", minesweep.ErrRefused, rangesText(ranges), text, remedy(text, refused))
}

// remedy is the next step for the reason that a scope gives.
func remedy(why string, refused *netipx.IPSet) string {
	const skip = "add --skip-refused to scan only what is allowed"
	switch {
	case strings.Contains(why, "never probed"):
		return "No grant changes that; " + skip
	case strings.Contains(why, "excluded"):
		return "minesweep exclude list shows by whom and why; " + skip
	}
	prefixes := refused.Prefixes()
	return fmt.Sprintf("Whoever has authority over it adds a grant: minesweep grant add NAME %s --authority WHO --basis WHY; or %s",
		prefixesText(prefixes), skip)
}

// rangesText names the first few ranges and counts the others.
func rangesText(ranges []netipx.IPRange) string {
	const most = 3
	out := make([]string, 0, most+1)
	for i, r := range ranges {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more ranges", len(ranges)-most))
			break
		}
		if p, ok := r.Prefix(); ok {
			out = append(out, strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128"))
			continue
		}
		out = append(out, r.String())
	}
	return strings.Join(out, ", ")
}

func prefixesText[P fmt.Stringer](prefixes []P) string {
	const most = 4
	out := make([]string, 0, most+1)
	for i, p := range prefixes {
		if i == most {
			out = append(out, "…")
			break
		}
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}
