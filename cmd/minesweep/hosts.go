package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"minesweep"
)

// hostColumns are the columns of a host in a table.
var hostColumns = []column[minesweep.Host]{
	{"ADDRESS", hostName, 40},
	{"VERDICT", func(h minesweep.Host) string { return string(h.Verdict) }, 0},
	{"CLASS", func(h minesweep.Host) string { return string(h.Class) }, 0},
	{"VENDOR", func(h minesweep.Host) string { return h.Vendor }, 14},
	{"MODEL", func(h minesweep.Host) string { return h.Model }, 24},
	{"FIRMWARE", func(h minesweep.Host) string { return h.Firmware }, 17},
	{"ALGORITHM", func(h minesweep.Host) string { return h.Algorithm }, 14},
	{"HASHRATE", hashrate, 0},
	{"POWER", power, 0},
	{"POOL", poolHost, 24},
	{"NOTE", note, 44},
}

// poolHost is the pool without the scheme, which says little and costs width.
func poolHost(h minesweep.Host) string {
	if _, host, ok := strings.Cut(h.Pool, "://"); ok {
		return host
	}
	return h.Pool
}

// note is the first thing that a reader of a table should not miss.
func note(h minesweep.Host) string {
	switch {
	case h.Verdict == minesweep.DecoyHost && len(h.Doubts) > 0:
		return h.Doubts[0]
	case h.Locked:
		return "locked"
	case h.State != "" && h.State != "mining":
		return h.State + ", not hashing"
	case len(h.Doubts) > 0:
		return h.Doubts[0]
	}
	return ""
}

// hostFields are the columns of a host in CSV. Readers count on their names:
// add at the end, rename nothing.
var hostFields = []column[minesweep.Host]{
	{"address", func(h minesweep.Host) string { return h.Address.String() }, 0},
	{"device", func(h minesweep.Host) string { return h.Device }, 0},
	{"verdict", func(h minesweep.Host) string { return string(h.Verdict) }, 0},
	{"class", func(h minesweep.Host) string { return string(h.Class) }, 0},
	{"vendor", func(h minesweep.Host) string { return h.Vendor }, 0},
	{"model", func(h minesweep.Host) string { return h.Model }, 0},
	{"firmware", func(h minesweep.Host) string { return h.Firmware }, 0},
	{"algorithm", func(h minesweep.Host) string { return h.Algorithm }, 0},
	{"coin", func(h minesweep.Host) string { return h.Coin }, 0},
	{"hashrate", func(h minesweep.Host) string { return number(h.Hashrate) }, 0},
	{"hashrate_unit", func(h minesweep.Host) string { return h.HashrateUnit }, 0},
	{"power_w", func(h minesweep.Host) string { return number(h.PowerW) }, 0},
	{"power_source", func(h minesweep.Host) string { return h.PowerSource }, 0},
	{"pool", func(h minesweep.Host) string { return h.Pool }, 0},
	{"worker", func(h minesweep.Host) string { return h.Worker }, 0},
	{"mac", func(h minesweep.Host) string { return h.MAC }, 0},
	{"serial", func(h minesweep.Host) string { return h.Serial }, 0},
	{"uptime_s", func(h minesweep.Host) string { return number(h.UptimeS) }, 0},
	{"state", func(h minesweep.Host) string { return h.State }, 0},
	{"locked", func(h minesweep.Host) string { return strconv.FormatBool(h.Locked) }, 0},
	{"ports", func(h minesweep.Host) string { return allPorts(h) }, 0},
	{"doubts", func(h minesweep.Host) string { return strings.Join(h.Doubts, "; ") }, 0},
	{"first_seen", func(h minesweep.Host) string { return stamp(h.FirstSeen) }, 0},
	{"last_seen", func(h minesweep.Host) string { return stamp(h.LastSeen) }, 0},
	{"pool_operator", func(h minesweep.Host) string { return h.PoolOperator }, 0},
	{"requests", func(h minesweep.Host) string { return strconv.Itoa(h.Requests) }, 0},
	{"hashrate_inferred", func(h minesweep.Host) string { return strconv.FormatBool(h.HashrateInferred) }, 0},
}

func newHostWriter(p *program) *rowWriter[minesweep.Host] {
	w := newRowWriter(p, hostColumns)
	w.fields = hostFields
	return w
}

// number writes a value that may be unknown.
func number[N int64 | float64](v *N) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

func allPorts(h minesweep.Host) string {
	out := make([]string, len(h.Ports))
	for i, p := range h.Ports {
		out[i] = strconv.Itoa(int(p.Port))
	}
	return strings.Join(out, " ")
}

func hostName(h minesweep.Host) string {
	if h.Device != "" {
		return h.Device
	}
	return h.Address.String()
}

// hashrate writes 1.1e14 H/s as "110 TH/s".
func hashrate(h minesweep.Host) string {
	if h.Hashrate == nil {
		return ""
	}
	return scaled(*h.Hashrate, h.HashrateUnit)
}

// scaled writes a quantity with the SI prefix that leaves one to three digits
// before the point.
func scaled(v float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for math.Abs(v) >= 1000 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	return strings.TrimSpace(strconv.FormatFloat(v, 'g', 4, 64) + " " + prefixes[i] + unit)
}

func power(h minesweep.Host) string {
	if h.PowerW == nil {
		return ""
	}
	return fmt.Sprintf("%.0f W %s", *h.PowerW, h.PowerSource)
}

// clip shortens a device's string for a table.
func clip(s string, runes int) string {
	s = oneLine(s)
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}
