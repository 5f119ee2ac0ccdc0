package main

import (
	"minesweep"
	"minesweep/scanner"
)

// newSYN makes the SYN engine, or says why this process may not have it.
func newSYN(cfg scanner.SYNConfig) (minesweep.Scanner, error) { return scanner.NewSYN(cfg) }
