package schedules

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go4.org/netipx"

	"minesweep"
)

// Authority tells what may be probed. A [db.Store] does.
type Authority interface {
	Grants(ctx context.Context) ([]minesweep.Grant, error)
	Exclusions(ctx context.Context) ([]minesweep.Exclusion, error)
}

// authority is what an [Authority] said at one moment.
type authority struct {
	grants     []minesweep.Grant
	exclusions []minesweep.Exclusion
	now        time.Time
}

func readAuthority(ctx context.Context, from Authority, now time.Time) (authority, error) {
	grants, err := from.Grants(ctx)
	if err != nil {
		return authority{}, err
	}
	exclusions, err := from.Exclusions(ctx)
	return authority{grants, exclusions, now}, err
}

// named returns the grants of these names, and a sentence for each that gives
// no authority, whatever the hour, or is not there.
func (a authority) named(names []string) (valid []minesweep.Grant, lapsed []string) {
	for _, name := range names {
		i := slices.IndexFunc(a.grants, func(g minesweep.Grant) bool { return g.Name == name })
		if i < 0 {
			lapsed = append(lapsed, fmt.Sprintf("grant %s is not there", name))
			continue
		}
		if why := anyHour(a.grants[i]).Standing(a.now); why != "" {
			lapsed = append(lapsed, fmt.Sprintf("grant %s is %s", name, why))
			continue
		}
		valid = append(valid, a.grants[i])
	}
	return valid, lapsed
}

// anyHour is the grant without its hours: what it covers does not depend on them.
func anyHour(g minesweep.Grant) minesweep.Grant {
	g.Window = minesweep.Window{}
	return g
}

// targets returns the prefixes of the grants without exclusions and reserved
// space, as a scan within their hours would have them.
func (a authority) targets(grants []minesweep.Grant) (*netipx.IPSet, error) {
	var all netipx.IPSetBuilder
	lasting := make([]minesweep.Grant, len(grants))
	for i, g := range grants {
		lasting[i] = anyHour(g)
		for _, p := range g.Prefixes {
			all.AddPrefix(p)
		}
	}
	scope, err := minesweep.NewScope(lasting, a.exclusions, a.now)
	if err != nil {
		return nil, err
	}
	set, err := all.IPSet()
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	allowed, _, err := scope.Split(set)
	return allowed, err
}

// hoursOf are the schedule's or sweep's own window and the hours of grants.
func hoursOf(window minesweep.Window, grants []minesweep.Grant) Hours {
	hours := Hours{window}
	for _, g := range grants {
		hours = append(hours, g.Window)
	}
	return hours
}
