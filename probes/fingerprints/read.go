package fingerprints

import (
	"math"
	"slices"
	"strings"

	"minesweep"
)

// reader takes the claims of one fingerprint out of all views of a host.
type reader struct {
	views  []view
	fired  []minesweep.Evidence // of the fingerprint, the heaviest first
	claims *minesweep.Claims
	done   []string
}

func (r *Read) isIdentity() bool { return r.Claim == "model" || r.Claim == "vendor" }

func (rd *reader) read(r *Read) {
	if slices.Contains(rd.done, r.Claim) || (r.Model != nil && !r.Model.MatchString(rd.claims.Model)) {
		return
	}
	own := func(port uint16) bool { return port == rd.fired[0].Port }
	other := func(port uint16) bool { return !own(port) }
	for _, pattern := range r.Probe {
		if rd.readFrom(r, pattern, own) || rd.readFrom(r, pattern, other) {
			rd.done = append(rd.done, r.Claim)
			return
		}
	}
}

// readFrom tries the replies of some ports: first those of the port that
// confirmed, since another port may be another program's. A pattern with a *
// would take anything, so of other ports it reads those on which the
// fingerprint fired too.
func (rd *reader) readFrom(r *Read, pattern string, ports func(uint16) bool) bool {
	for i := range rd.views {
		v := &rd.views[i]
		if v.echo || !ports(v.port) || !probeMatches(pattern, v.probe) || (strings.HasSuffix(pattern, "*") && !rd.knows(v.port)) {
			continue
		}
		if v.holds(r.When) && rd.take(r, v) {
			return true
		}
	}
	return false
}

func (rd *reader) knows(port uint16) bool {
	return slices.ContainsFunc(rd.fired, func(e minesweep.Evidence) bool { return e.Port == port })
}

// take reads one claim out of one view; false when it gave no value.
func (rd *reader) take(r *Read, v *view) bool {
	switch numeric := claimNames[r.Claim] == numberClaim; {
	case numeric && r.Value != "":
		n, base, ok := r.number(r.Value, "")
		return ok && rd.setNumber(r.Claim, n, base)
	case numeric:
		return rd.takeNumber(r, v)
	case r.Value != "":
		setText(rd.claims, r.Claim, r.Value)
		return true
	case r.Claim == "pool" || r.Claim == "worker":
		return slices.ContainsFunc(poolsInUse(v, r), func(h hit) bool { return rd.takeText(r, h) })
	}
	taken := false
	v.visit(r.JSON, r.name, func(h hit) bool {
		taken = rd.takeText(r, h)
		return !taken
	})
	return taken
}

// takeText puts one value into the claims; false for what says nothing.
func (rd *reader) takeText(r *Read, h hit) bool {
	text, _, ok := r.extract(h)
	if !ok {
		return false
	}
	s := string(text[:min(len(text), 4*maxText)])
	if r.format != nil {
		s = expand(r.format, []group{{"value", text}})
	}
	var c minesweep.Claims
	setText(&c, r.Claim, s)
	if c == (minesweep.Claims{}) {
		return false // an empty string, or a MAC that is none
	}
	setText(rd.claims, r.Claim, s)
	return true
}

// extract gives the text of one value, and its unit where the pattern names one.
func (r *Read) extract(h hit) (text []byte, unit string, ok bool) {
	if !h.scalar || h.null || len(h.text) == 0 {
		return nil, "", false
	}
	if r.Match == nil {
		return h.text, "", true
	}
	m := r.Match.FindSubmatch(h.text)
	if m == nil {
		return nil, "", false
	}
	if i := r.Match.SubexpIndex("unit"); i >= 0 {
		unit = string(m[i][:min(len(m[i]), maxText)])
	}
	if i := r.Match.SubexpIndex("value"); i >= 0 {
		return m[i], unit, len(m[i]) > 0
	}
	return h.text, unit, true
}

func (rd *reader) takeNumber(r *Read, v *view) bool {
	unit := rd.unitOf(r, v)
	var sum float64
	var base string
	count := 0
	v.visit(r.JSON, r.name, func(h hit) bool {
		s, own, ok := r.extract(h)
		if !ok || len(s) > maxText {
			return true
		}
		if own == "" {
			own = unit
		}
		n, b, ok := r.number(string(s), own)
		if !ok || (count > 0 && b != base) {
			return true
		}
		sum, base = sum+n, b
		count++
		return r.Sum
	})
	return count > 0 && rd.setNumber(r.Claim, sum, base)
}

// unitOf looks the unit up in the same reply, failing that in another; "" is
// the unit that the read names.
func (rd *reader) unitOf(r *Read, v *view) string {
	if r.UnitJSON == nil {
		return ""
	}
	unit := ""
	look := func(h hit) bool {
		if h.scalar && len(h.text) <= maxText {
			if s := string(h.text); isHashUnit(s) {
				unit = s
			}
		}
		return unit == ""
	}
	v.visit(r.UnitJSON, noPart, look)
	for i := 0; i < len(rd.views) && unit == ""; i++ {
		if !rd.views[i].echo {
			rd.views[i].visit(r.UnitJSON, noPart, look)
		}
	}
	return unit
}

// number reads s, which is in unit, or with "" in the read's own, and gives it
// in the claim's own unit.
func (r *Read) number(s, unit string) (n float64, base string, ok bool) {
	if r.Claim == "uptime_s" {
		n, ok = parseUptime(s)
	} else {
		n, ok = parseNumber(s)
	}
	if !ok || (r.Min != nil && n < *r.Min) || (r.Max != nil && n >= *r.Max) {
		return 0, "", false
	}
	if unit == "" {
		return n * r.scale, r.base, r.scale > 0
	}
	scale, base, err := parseHashUnit(unit)
	return n * scale, base, err == nil
}

// ownUnit gives what the unit that the read names means; 0 without one.
func (r *Read) ownUnit() (scale float64, base string) {
	if r.Claim != "hashrate" {
		return plainUnits[r.Claim][r.Unit], ""
	}
	scale, base, err := parseHashUnit(r.Unit)
	if err != nil {
		return 0, ""
	}
	return scale, base
}

// Limits of what a device can mean; beyond them the number is rubbish.
const (
	maxHashrate = 1e24 // the whole Bitcoin network makes 1e21 H/s
	maxPowerW   = 1e6
	maxUptimeS  = 2e9
)

func (rd *reader) setNumber(claim string, n float64, base string) bool {
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
