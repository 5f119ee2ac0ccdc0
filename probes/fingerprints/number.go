package fingerprints

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// parseNumber reads the numbers of miners' APIs: padded, quoted, with an
// exponent, or hexadecimal with 0x. Below zero, NaN and infinite are none.
func parseNumber(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if h, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		n, err := strconv.ParseUint(h, 16, 64)
		return float64(n), err == nil
	}
	if s == "" || strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && f >= 0 && !math.IsInf(f, 0) && !math.IsNaN(f)
}

var (
	hashUnit = regexp.MustCompile(`(?i)^([kmgtpe]?)(h|hash|hashes|sol|sols|sol_ps)(/?s|/sec|ps)?$`)
	// A bare g is a graph of Cuckoo cycle; G with a prefix is one too.
	graphUnit = regexp.MustCompile(`^([kKMGTPE]?)(g|graph|graphs)(/s|ps)?$|^()(G/s)$`)
	bareUnit  = regexp.MustCompile(`^[kKMGTPE]$`)
)

var prefixes = map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18}

// parseHashUnit gives what one of the unit is, and of which base: H/s, Sol/s
// or g/s. Devices write GH, GH/s, KSol/s, G and more.
func parseHashUnit(s string) (scale float64, base string, err error) {
	s = strings.TrimSpace(s)
	if m := graphUnit.FindStringSubmatch(s); m != nil {
		return prefixes[strings.ToLower(m[1])], "g/s", nil
	}
	if m := hashUnit.FindStringSubmatch(s); m != nil {
		base = "H/s"
		if strings.HasPrefix(strings.ToLower(m[2]), "sol") {
			base = "Sol/s"
		}
		return prefixes[strings.ToLower(m[1])], base, nil
	}
	if bareUnit.MatchString(s) {
		return prefixes[strings.ToLower(s)], "H/s", nil
	}
	return 0, "", fmt.Errorf("%q is no unit of hashrate, write for example GH/s, kSol/s or g/s", s)
}

// plainUnits are the units of the other numbers, as factors to watts and
// seconds.
var plainUnits = map[string]map[string]float64{
	"power_w":  {"": 1, "W": 1, "kW": 1000},
	"uptime_s": {"": 1, "s": 1, "ms": 1e-3, "min": 60, "h": 3600, "d": 86400},
}

// parseUptime also reads 2:03:04:05, days first.
func parseUptime(s string) (float64, bool) {
	fields := strings.Split(strings.TrimSpace(s), ":")
	if len(fields) == 1 || len(fields) > 4 {
		return parseNumber(s)
	}
	factors := []float64{86400, 3600, 60, 1}[4-len(fields):]
	var sum float64
	for i, f := range fields {
		n, ok := parseNumber(f)
		if !ok {
			return 0, false
		}
		sum += n * factors[i]
	}
	return sum, true
}

func isHashUnit(s string) bool {
	_, _, err := parseHashUnit(s)
	return err == nil
}
