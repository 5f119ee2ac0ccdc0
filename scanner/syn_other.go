//go:build !linux

package scanner

import (
	"context"
	"errors"

	"minesweep"
)

func mayCapture() error { return errors.New("the SYN engine is for Linux") }

// Scan never runs: NewSYN fails on this system.
func (s *SYN) Scan(context.Context, minesweep.Plan, minesweep.Sink) error { return mayCapture() }
