package recordings

import "minesweep"

// Claims gives what the recording asserts of the device, in the form in which
// judging gives it; what is not asserted is empty.
func (w Want) Claims() minesweep.Claims {
	return minesweep.Claims{
		Class: w.Class, Vendor: w.Vendor, Model: w.Model, Firmware: w.Firmware,
		Algorithm: w.Algorithm, Coin: w.Coin, Hashrate: w.Hashrate, HashrateUnit: w.HashrateUnit,
		PowerW: w.PowerW, Pool: w.Pool, Worker: w.Worker, MAC: w.MAC, Serial: w.Serial,
		Hostname: w.Hostname, UptimeS: w.UptimeS, State: w.State, Locked: w.Locked != nil && *w.Locked,
	}
}
