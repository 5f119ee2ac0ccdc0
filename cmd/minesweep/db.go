package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) dbCommand() *cobra.Command {
	return group("db", "the database: what it holds, its version, its move", p.dbStatus(), p.dbMigrate(), p.dbCopy())
}

// dbRow is a database as db status shows it.
type dbRow struct {
	Kind    string           `json:"kind"`
	Name    string           `json:"name"`
	Version int64            `json:"version"`
	Needed  int64            `json:"version_needed"`
	Bytes   int64            `json:"bytes"`
	Rows    map[string]int64 `json:"rows"`
	Sweep   int64            `json:"newest_sweep"` // 0: none
	Started string           `json:"newest_sweep_started"`
	Status  string           `json:"newest_sweep_status"`
}

func (p *program) dbStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "kind, version, size, rows by table and newest sweep; changes nothing", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			survey, err := db.Look(c.Context(), p.settings.db, p.now)
			if err != nil {
				return err
			}
			if p.settings.format != "table" {
				return p.writeSurvey(survey)
			}
			return p.printSurvey(survey)
		},
	}
}

func (p *program) writeSurvey(s db.Survey) error {
	row := dbRow{Kind: s.Kind, Name: s.Name, Version: s.Version, Needed: s.Known, Bytes: s.Bytes,
		Rows: make(map[string]int64, len(s.Tables)), Sweep: s.LastID, Started: stamp(s.LastFrom), Status: string(s.LastIs)}
	for _, t := range s.Tables {
		row.Rows[t.Table] = t.Rows
	}
	if p.settings.format == "csv" {
		return p.printTables(s)
	}
	return writeJSON(p.stdout, row)
}

func (p *program) printSurvey(s db.Survey) error {
	version := fmt.Sprintf("version %d, as this minesweep needs it", s.Version)
	switch {
	case s.Version == 0:
		version = "empty: its tables are made when it is first used"
	case s.Version < s.Known:
		version = fmt.Sprintf("version %d, and this minesweep needs %d: `minesweep db migrate` brings it up to date", s.Version, s.Known)
	case s.Version > s.Known:
		version = fmt.Sprintf("version %d, and this minesweep knows %d: use a newer one", s.Version, s.Known)
	}
	sweep := "no sweep yet"
	if s.LastID != 0 {
		sweep = fmt.Sprintf("newest sweep %d of %s, %s", s.LastID, stamp(s.LastFrom), s.LastIs)
	}
	if _, err := fmt.Fprintf(p.stdout, "%s: %s\n%s\n%.1f MB\n%s\n", s.Kind, s.Name, version, float64(s.Bytes)/1e6, sweep); err != nil {
		return err
	}
	return p.printTables(s)
}

var tableRowsColumns = []column[db.TableRows]{
	{"TABLE", func(r db.TableRows) string { return r.Table }, 0},
	{"ROWS", func(r db.TableRows) string { return strconv.FormatInt(r.Rows, 10) }, 0},
}

func (p *program) printTables(s db.Survey) error {
	rows := newRowWriter(p, tableRowsColumns)
	for _, r := range s.Tables {
		if err := rows.write(r); err != nil {
			return err
		}
	}
	return rows.close()
}

func (p *program) dbMigrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "bring the tables up to the version that this minesweep needs", Args: wantArgs(cobra.NoArgs),
		Long: "Bring the tables up to the version that this minesweep needs. A file is brought up to date by\n" +
			"whichever command comes first; a database on PostgreSQL only by this one, for other nodes use it:\n" +
			"stop those of the older version before.",
		RunE: func(c *cobra.Command, _ []string) error {
			from, to, err := db.Migrate(c.Context(), p.settings.db, p.now)
			if err != nil {
				return err
			}
			said := fmt.Sprintf("version %d, was version %d", to, from)
			switch from {
			case to:
				said = fmt.Sprintf("version %d already", to)
			case 0:
				said = fmt.Sprintf("version %d, was empty", to)
			}
			_, err = fmt.Fprintln(p.stdout, said)
			return err
		},
	}
}
