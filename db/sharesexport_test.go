package db

// Shares is what [Journal.Beat] makes of the number of sweeps that run.
func Shares(nightly, onDemand int, sweep Sweep, kind LaneKind, discovered bool) (all, per24 float64) {
	return contenders{nightly: int64(nightly), onDemand: int64(onDemand)}.shares(sweep, kind, discovered)
}
