package recordings

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"minesweep"
	"minesweep/devices"
)

// Check holds a judged host against what the recording wants, and returns one
// error for each claim that differs. Numbers may differ by one per cent,
// algorithms and coins in spelling.
func (d Device) Check(h minesweep.Host) error {
	if d.Want == nil {
		return nil
	}
	w := *d.Want
	c := check{device: d.Name}
	c.text("verdict", string(w.Verdict), string(h.Verdict))
	c.text("class", string(w.Class), string(h.Class))
	c.text("vendor", w.Vendor, h.Vendor)
	c.text("model", w.Model, h.Model)
	c.text("firmware", w.Firmware, h.Firmware)
	c.text("algorithm", devices.Algorithm(w.Algorithm), devices.Algorithm(h.Algorithm))
	c.text("coin", strings.ToUpper(w.Coin), strings.ToUpper(h.Coin))
	c.text("hashrate_unit", w.HashrateUnit, h.HashrateUnit)
	c.text("pool", w.Pool, h.Pool)
	c.text("pool_operator", w.PoolOperator, h.PoolOperator)
	c.text("worker", w.Worker, h.Worker)
	c.text("mac", w.MAC, h.MAC)
	c.text("serial", w.Serial, h.Serial)
	c.text("hostname", w.Hostname, h.Hostname)
	c.text("state", w.State, h.State)
	c.number("hashrate", w.Hashrate, h.Hashrate)
	c.number("power_w", w.PowerW, h.PowerW)
	c.number("uptime_s", float(w.UptimeS), float(h.UptimeS))
	if w.Locked != nil && *w.Locked != h.Locked {
		c.fault("locked", fmt.Sprint(*w.Locked), fmt.Sprint(h.Locked))
	}
	return errors.Join(c.faults...)
}

// check gathers what differs on one device.
type check struct {
	device string
	faults []error
}

func (c *check) fault(claim, want, got string) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s is %q, wanted %q", c.device, claim, got, want))
}

func (c *check) text(claim, want, got string) {
	if want != "" && want != got {
		c.fault(claim, want, got)
	}
}

func (c *check) number(claim string, want, got *float64) {
	switch {
	case want == nil:
	case got == nil:
		c.fault(claim, fmt.Sprint(*want), "unknown")
	case math.Abs(*got-*want) > math.Abs(*want)/100:
		c.fault(claim, fmt.Sprint(*want), fmt.Sprint(*got))
	}
}

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}
