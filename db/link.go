package db

import (
	"context"

	"github.com/uptrace/bun"

	"minesweep"
)

func link(ctx context.Context, tx bun.Tx, row *hostRow, host minesweep.Host) error {
	return nil
}
