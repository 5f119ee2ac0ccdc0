package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"minesweep/probes/fingerprints"
)

func (p *program) fingerprintsCommand() *cobra.Command {
	return group("fingerprints", "the rules that judge", p.fingerprintsList(), p.fingerprintsShow(), p.fingerprintsCheck(), p.fingerprintsScore(), p.fingerprintsUnknown())
}

// fingerprintRow is a fingerprint as fingerprints list shows it.
type fingerprintRow struct {
	ID          string `json:"id"`
	Class       string `json:"class"`
	Vendor      string `json:"vendor"`
	About       string `json:"about"`
	Confusables string `json:"confusables"`
	Rules       int    `json:"rules"`
}

var fingerprintColumns = []column[fingerprintRow]{
	{"ID", func(f fingerprintRow) string { return f.ID }, 0},
	{"CLASS", func(f fingerprintRow) string { return f.Class }, 0},
	{"VENDOR", func(f fingerprintRow) string { return f.Vendor }, 20},
	{"RULES", func(f fingerprintRow) string { return fmt.Sprint(f.Rules) }, 0},
	{"ABOUT", func(f fingerprintRow) string { return f.About }, 80},
}

func newFingerprintRow(f fingerprints.Fingerprint) fingerprintRow {
	return fingerprintRow{ID: f.ID, Class: claimedBy(f, "class"), Vendor: claimedBy(f, "vendor"),
		About: f.About, Confusables: f.Confusables, Rules: len(f.Rules)}
}

// claimedBy returns what the file claims of every device, or what its first
// rule that says it claims.
func claimedBy(f fingerprints.Fingerprint, claim string) string {
	said := f.Claims[claim]
	for _, r := range f.Rules {
		said = cmp.Or(said, r.Claims[claim])
	}
	return said
}

func (p *program) fingerprintsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "all rules", Args: wantArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			rules, err := p.rules()
			if err != nil {
				return err
			}
			var rows []fingerprintRow
			for _, f := range rules.List() {
				rows = append(rows, newFingerprintRow(f))
			}
			return writeRows(p, fingerprintColumns, rows)
		},
	}
}
