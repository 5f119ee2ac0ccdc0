package fingerprints

import (
	"math"

	"minesweep"
)

// reader takes the claims of one fingerprint out of all views of a host.
type reader struct {
	views  []view
	claims *minesweep.Claims
	done   map[string]bool
}

func (rd reader) read(r Read) {
	if rd.done[r.Claim] || (r.Model != nil && !r.Model.MatchString(rd.claims.Model)) {
		return
	}
	for _, pattern := range r.Probe {
		for _, v := range rd.views {
			if v.echo || !probeMatches(pattern, v.probe) {
				continue
			}
			if _, ok := v.holds(r.When); ok && rd.take(r, v) {
				rd.done[r.Claim] = true
				return
			}
		}
	}
}

// take reads one claim out of one view; false when it gave no value.
func (rd reader) take(r Read, v view) bool {
	switch {
	case claimNames[r.Claim] == numberClaim && r.Value != "":
		n, base, ok := r.number(r.Value, r.Unit)
		return ok && rd.setNumber(r.Claim, n, base)
	case claimNames[r.Claim] == numberClaim:
		return rd.takeNumber(r, v)
	case r.Value != "":
		setText(rd.claims, r.Claim, r.Value)
		return true
	}
	for _, h := range r.hits(v) {
		s, _, ok := r.extract(h)
		if !ok {
			continue
		}
		if r.Format != "" {
			s = expand(r.Format, map[string]string{"value": s})
		}
		var c minesweep.Claims
		setText(&c, r.Claim, s)
		if c == (minesweep.Claims{}) {
			continue // an empty string, or a MAC that is none
		}
		setText(rd.claims, r.Claim, s)
		return true
	}
	return false
}

// hits gives the values that may be read; of pools only those in use.
func (r Read) hits(v view) []hit {
	hits := v.reach(r.JSON, r.Part)
	if r.Claim == "pool" || r.Claim == "worker" {
		return poolsInUse(hits)
	}
	return hits
}

// extract gives the text of one value, and its unit where the pattern names one.
func (r Read) extract(h hit) (text, unit string, ok bool) {
	s, ok := scalarText(h.value)
	if !ok || h.value == nil || s == "" {
		return "", "", false
	}
	if r.Match == nil {
		return s, "", true
	}
	m := r.Match.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	if i := r.Match.SubexpIndex("unit"); i >= 0 {
		unit = m[i]
	}
	if i := r.Match.SubexpIndex("value"); i >= 0 {
		return m[i], unit, m[i] != ""
	}
	return s, unit, true
}

func (rd reader) takeNumber(r Read, v view) bool {
	unit := r.Unit
	if s, ok := rd.unitOf(r, v); ok {
		unit = s
	}
	var sum float64
	var base string
	count := 0
	for _, h := range r.hits(v) {
		s, own, ok := r.extract(h)
		if !ok {
			continue
		}
		if own == "" {
			own = unit
		}
		n, b, ok := r.number(s, own)
		if !ok || (count > 0 && b != base) {
			continue
		}
		sum, base = sum+n, b
		if count++; !r.Sum {
			break
		}
	}
	return count > 0 && rd.setNumber(r.Claim, sum, base)
}

// unitOf looks the unit up in the same reply, failing that in another.
func (rd reader) unitOf(r Read, v view) (string, bool) {
	if r.UnitJSON == nil {
		return "", false
	}
	for _, w := range append([]view{v}, rd.views...) {
		for _, h := range r.UnitJSON.find(w.docs) {
			s, _ := scalarText(h.value)
			if _, _, err := parseHashUnit(s); err == nil {
				return s, true
			}
		}
	}
	return "", false
}

// number reads s, which is in unit, and gives it in the claim's own unit.
func (r Read) number(s, unit string) (n float64, base string, ok bool) {
	if r.Claim == "uptime_s" {
		n, ok = parseUptime(s)
	} else {
		n, ok = parseNumber(s)
	}
	if !ok || (r.Min != nil && n < *r.Min) || (r.Max != nil && n >= *r.Max) {
		return 0, "", false
	}
	if r.Claim != "hashrate" {
		return n * plainUnits[r.Claim][unit], "", true
	}
	scale, base, err := parseHashUnit(unit)
	return n * scale, base, err == nil
}

// Limits of what a device can mean; beyond them the number is rubbish.
const (
	maxHashrate = 1e24 // the whole Bitcoin network makes 1e21 H/s
	maxPowerW   = 1e6
	maxUptimeS  = 2e9
)

func (rd reader) setNumber(claim string, n float64, base string) bool {
	switch {
	case claim == "hashrate" && n <= maxHashrate:
		rd.claims.Hashrate, rd.claims.HashrateUnit = &n, base
	case claim == "power_w" && n <= maxPowerW:
		rd.claims.PowerW = &n
	case claim == "uptime_s" && n <= maxUptimeS:
		s := int64(math.Round(n))
		rd.claims.UptimeS = &s
	default:
		return false
	}
	return true
}
