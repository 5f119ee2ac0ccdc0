package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) dbCopy() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "copy --to postgres://USER@HOST/DB", Short: "move a SQLite store to PostgreSQL whole",
		Long: "Copy everything that the store at --db knows into an empty database on PostgreSQL, as of one\n" +
			"moment and in one transaction: what arrived is read back and compared before it counts.\n" +
			"Stop serve and scans first. The file stays as it is.",
		Example: `  minesweep db copy --db sqlite://minesweep.db --to postgres://minesweep@db.example/minesweep`,
		Args:    wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if !strings.HasPrefix(to, "postgres://") && !strings.HasPrefix(to, "postgresql://") {
				return usagef("--to %q is no PostgreSQL database, write for example --to postgres://minesweep@db.example/minesweep", to)
			}
			return p.withStore(c.Context(), func(from *db.Store) (err error) {
				target, err := db.Open(c.Context(), to, p.now)
				if err != nil {
					return err
				}
				defer func() {
					if cerr := target.Close(); err == nil {
						err = cerr
					}
				}()
				return p.copyStore(c, from, target)
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "the database to fill (required)")
	return c
}

// copiedRow is a table as db copy shows it.
type copiedRow struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Sum   string `json:"sum"`
}

var copiedColumns = []column[copiedRow]{
	{"TABLE", func(r copiedRow) string { return r.Table }, 0},
	{"ROWS", func(r copiedRow) string { return fmt.Sprint(r.Rows) }, 0},
	{"SUM", func(r copiedRow) string { return r.Sum }, 0},
}

func (p *program) copyStore(c *cobra.Command, from, to *db.Store) error {
	began := p.now()
	var rows []copiedRow
	var total int64
	err := from.CopyTo(c.Context(), to, func(done db.Copied) {
		rows = append(rows, copiedRow{done.Table, done.Rows, done.Sum})
		total += done.Rows
	})
	if err != nil {
		return err
	}
	p.notice(fmt.Sprintf("%d rows copied in %s; what arrived is the same", total, p.now().Sub(began).Round(time.Millisecond)))
	return writeRows(p, copiedColumns, rows)
}
