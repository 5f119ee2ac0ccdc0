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
	{"ADDRESS", func(h minesweep.Host) string { return hostName(h) }},
	{"VERDICT", func(h minesweep.Host) string { return string(h.Verdict) }},
	{"CLASS", func(h minesweep.Host) string { return string(h.Class) }},
	{"VENDOR", func(h minesweep.Host) string { return h.Vendor }},
	{"MODEL", func(h minesweep.Host) string { return h.Model }},
	{"FIRMWARE", func(h minesweep.Host) string { return h.Firmware }},
	{"ALGORITHM", func(h minesweep.Host) string { return h.Algorithm }},
	{"HASHRATE", func(h minesweep.Host) string { return hashrate(h) }},
	{"POWER", func(h minesweep.Host) string { return power(h) }},
	{"POOL", func(h minesweep.Host) string { return h.Pool }},
	{"PORTS", func(h minesweep.Host) string { return hostPorts(h) }},
	{"DOUBTS", func(h minesweep.Host) string { return strings.Join(h.Doubts, "; ") }},
}

// hostFields are the columns of a host in CSV. Readers count on their names:
// add at the end, rename nothing.
var hostFields = []column[minesweep.Host]{
	{"address", func(h minesweep.Host) string { return h.Address.String() }},
	{"device", func(h minesweep.Host) string { return h.Device }},
	{"verdict", func(h minesweep.Host) string { return string(h.Verdict) }},
	{"class", func(h minesweep.Host) string { return string(h.Class) }},
	{"vendor", func(h minesweep.Host) string { return h.Vendor }},
	{"model", func(h minesweep.Host) string { return h.Model }},
	{"firmware", func(h minesweep.Host) string { return h.Firmware }},
	{"algorithm", func(h minesweep.Host) string { return h.Algorithm }},
	{"coin", func(h minesweep.Host) string { return h.Coin }},
	{"hashrate", func(h minesweep.Host) string { return number(h.Hashrate) }},
	{"hashrate_unit", func(h minesweep.Host) string { return h.HashrateUnit }},
	{"power_w", func(h minesweep.Host) string { return number(h.PowerW) }},
	{"power_source", func(h minesweep.Host) string { return h.PowerSource }},
	{"pool", func(h minesweep.Host) string { return h.Pool }},
	{"worker", func(h minesweep.Host) string { return h.Worker }},
	{"mac", func(h minesweep.Host) string { return h.MAC }},
	{"serial", func(h minesweep.Host) string { return h.Serial }},
	{"uptime_s", func(h minesweep.Host) string { return number(h.UptimeS) }},
	{"state", func(h minesweep.Host) string { return h.State }},
	{"locked", func(h minesweep.Host) string { return strconv.FormatBool(h.Locked) }},
	{"ports", func(h minesweep.Host) string { return allPorts(h) }},
	{"doubts", func(h minesweep.Host) string { return strings.Join(h.Doubts, "; ") }},
	{"first_seen", func(h minesweep.Host) string { return stamp(h.FirstSeen) }},
	{"last_seen", func(h minesweep.Host) string { return stamp(h.LastSeen) }},
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

func hostPorts(h minesweep.Host) string {
	out := make([]string, 0, len(h.Ports))
	for i, p := range h.Ports {
		if i == 6 {
			out = append(out, fmt.Sprintf("+%d", len(h.Ports)-i))
			break
		}
		out = append(out, strconv.Itoa(int(p.Port)))
	}
	return strings.Join(out, " ")
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
