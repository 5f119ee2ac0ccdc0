package schedules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"minesweep"
)

// checkGrants wants each name to be of a grant that was not revoked.
func (a authority) checkGrants(names []string) ([]minesweep.Grant, error) {
	if len(names) == 0 {
		return nil, errors.New("no grant is named, so nothing may be sent: name one with --scope; minesweep grant list shows them")
	}
	var out []minesweep.Grant
	for i, name := range names {
		at := slices.IndexFunc(a.grants, func(g minesweep.Grant) bool { return g.Name == name })
		switch {
		case at < 0:
			return nil, fmt.Errorf("grant %q is not known: minesweep grant list shows them, minesweep grant add makes one", name)
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("grant %s is named twice, name it once", name)
		case !a.grants[at].RevokedAt.IsZero() && !a.now.Before(a.grants[at].RevokedAt):
			return nil, fmt.Errorf("grant %s was %s: name one that holds; minesweep grant list shows them", name, anyHour(a.grants[at]).Standing(a.now))
		}
		out = append(out, a.grants[at])
	}
	return out, nil
}

// overlap names the first grant whose hours have no instant in common with the
// window, or with those of the grants before it.
func overlap(window minesweep.Window, grants []minesweep.Grant, now time.Time) error {
	until := now.Add(soon)
	for i, g := range grants {
		if !window.IsZero() && !(Hours{window, g.Window}).everOpen(now, until) {
			return fmt.Errorf("its window %s and the hours of grant %s, %s, have no instant in common: write a --window within those hours", window, g.Name, g.Window)
		}
		if !hoursOf(window, grants[:i+1]).everOpen(now, until) {
			names := make([]string, i+1)
			for k := range names {
				names[k] = grants[k].Name + " (" + grants[k].Window.String() + ")"
			}
			return fmt.Errorf("the hours of its grants %s have no instant in common within its window: make a schedule for each", strings.Join(names, " and "))
		}
	}
	return nil
}

// everOpen reports whether the hours are open for longer than the rate rises.
func (h Hours) everOpen(from, until time.Time) bool {
	if h.Always() {
		return true
	}
	for at := h.Opens(from, until); !at.IsZero(); {
		end := h.Change(at, until)
		if end.IsZero() || end.Sub(at) > rampMost {
			return true
		}
		at = h.Opens(end, until)
	}
	return false
}

// holding refuses a grant that has expired before the first night begins, and
// notes those that begin or end among the coming ones.
func holding(grants []minesweep.Grant, first time.Time, last Night) (notes []string, err error) {
	for _, g := range grants {
		switch {
		case !g.ValidTo.IsZero() && !g.ValidTo.After(first):
			return nil, fmt.Errorf("grant %s expires on %s, before the schedule runs first, on %s: add a grant that lasts longer and name that",
				g.Name, stamp(g.ValidTo), stamp(first))
		case g.ValidFrom.After(first):
			notes = append(notes, fmt.Sprintf("grant %s is valid only from %s, nights before are without it", g.Name, stamp(g.ValidFrom)))
		case !g.ValidTo.IsZero() && g.ValidTo.Before(last.Planned):
			notes = append(notes, fmt.Sprintf("grant %s expires on %s, nights from then on are without it", g.Name, stamp(g.ValidTo)))
		}
	}
	return notes, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
