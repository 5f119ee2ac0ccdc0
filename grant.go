package minesweep

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Privacy says whose devices stand behind the addresses of a [Grant].
type Privacy string

// The two kinds of privacy. Individual is the default: workers, wallets, MACs
// and serials are then kept as keyed hashes only.
const (
	Individual   Privacy = "individual"
	Organisation Privacy = "organisation"
)

// Default budgets, in packets per second, of a grant that names none.
const (
	DefaultRate      = 1000
	DefaultRatePer24 = 100
)

// Grant is the authority to probe some prefixes: who gave it, on what basis,
// from when to when, at which hours, and how fast.
type Grant struct {
	Name      string
	Prefixes  []netip.Prefix
	Authority string    // who gave it
	Basis     string    // law, contract or order it rests on
	Contact   string    // who answers a complaint
	ValidFrom time.Time // zero: from ever
	ValidTo   time.Time // zero: for ever; the instant itself is outside
	Window    Window    // zero: at all hours
	Rate      int       // packets/s over the whole grant; 0 means DefaultRate
	RatePer24 int       // packets/s over each /24 (IPv6: /64); 0 means DefaultRatePer24
	// RatePerPrefix bounds the packets/s over each of Prefixes; 0: no such bound.
	RatePerPrefix int
	Privacy       Privacy // "" means Individual
	CreatedAt     time.Time
	RevokedAt     time.Time // zero: in force
}

// Validate reports the first fault of the grant as a sentence that names the field.
func (g Grant) Validate() error {
	switch {
	case g.Name == "":
		return errors.New("grant: name is empty")
	case len(g.Prefixes) == 0:
		return fmt.Errorf("grant %s: no prefix given, for example 192.0.2.0/24", g.Name)
	case g.Rate < 0 || g.RatePer24 < 0 || g.RatePerPrefix < 0:
		return fmt.Errorf("grant %s: a rate is below 0 packets/s", g.Name)
	case g.Privacy != "" && g.Privacy != Individual && g.Privacy != Organisation:
		return fmt.Errorf("grant %s: privacy %q is neither individual nor organisation", g.Name, g.Privacy)
	case !g.ValidTo.IsZero() && !g.ValidFrom.Before(g.ValidTo):
		return fmt.Errorf("grant %s: it ends (%s) before it begins (%s)", g.Name,
			g.ValidTo.Format(time.RFC3339), g.ValidFrom.Format(time.RFC3339))
	}
	return g.validatePrefixes()
}

func (g Grant) validatePrefixes() error {
	for _, p := range g.Prefixes {
		if !p.IsValid() || p != p.Masked() {
			return fmt.Errorf("grant %s: prefix %s has bits set behind its length, write %s", g.Name, p, p.Masked())
		}
	}
	return nil
}

// Standing tells why the grant gives no authority at now, or "" if it does.
func (g Grant) Standing(now time.Time) string {
	switch {
	case !g.RevokedAt.IsZero() && !now.Before(g.RevokedAt):
		return "revoked on " + g.RevokedAt.Format(time.DateOnly)
	case now.Before(g.ValidFrom):
		return "valid only from " + g.ValidFrom.Format(time.DateOnly)
	case !g.ValidTo.IsZero() && !now.Before(g.ValidTo):
		return "expired on " + g.ValidTo.Format(time.DateOnly)
	case !g.Window.Contains(now):
		return "allowed only " + g.Window.String()
	}
	return ""
}

// Budget returns the grant's packets/s in all and per /24, defaults filled in.
func (g Grant) Budget() (rate, per24 int) {
	rate, per24 = g.Rate, g.RatePer24
	if rate == 0 {
		rate = DefaultRate
	}
	if per24 == 0 {
		per24 = DefaultRatePer24
	}
	return rate, per24
}

// PrefixOf returns the longest prefix of the grant that holds addr, or the zero
// Prefix. It looks at all of them.
func (g Grant) PrefixOf(addr netip.Addr) netip.Prefix {
	var longest netip.Prefix
	for _, p := range g.Prefixes {
		if p.Contains(addr) && (!longest.IsValid() || p.Bits() > longest.Bits()) {
			longest = p
		}
	}
	return longest
}

// Exclusion is a prefix that no packet may go to, whatever is granted.
type Exclusion struct {
	Prefix    netip.Prefix
	Reason    string
	CreatedAt time.Time
}
