package minesweep

// SetLineBounds makes a sweeper's lines short.
func SetLineBounds(s *Sweeper, host, all, share int) { s.bounds = lineBounds{host, all, share} }
