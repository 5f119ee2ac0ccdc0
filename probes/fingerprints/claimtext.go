package fingerprints

import "minesweep"

// textClaimOf gives a claim that is text; "" where it is not said.
func textClaimOf(c *minesweep.Claims, claim string) string {
	switch claim {
	case "class":
		return string(c.Class)
	case "vendor":
		return c.Vendor
	case "model":
		return c.Model
	case "firmware":
		return c.Firmware
	case "algorithm":
		return c.Algorithm
	case "coin":
		return c.Coin
	case "pool":
		return c.Pool
	case "worker":
		return c.Worker
	case "mac":
		return c.MAC
	case "serial":
		return c.Serial
	case "hostname":
		return c.Hostname
	case "state":
		return c.State
	}
	return ""
}
