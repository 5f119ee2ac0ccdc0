package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

func (p *program) fingerprintsCommand() *cobra.Command {
	return group("fingerprints", "the rules that judge", p.fingerprintsList(), p.fingerprintsShow(), p.fingerprintsCheck(), p.fingerprintsScore())
}

// fingerprintRow is a fingerprint as fingerprints list shows it.
type fingerprintRow struct {
	ID          string `json:"id"`
	About       string `json:"about"`
	Confusables string `json:"confusables"`
	Rules       int    `json:"rules"`
}

var fingerprintColumns = []column[fingerprintRow]{
	{"ID", func(f fingerprintRow) string { return f.ID }, 0},
	{"RULES", func(f fingerprintRow) string { return fmt.Sprint(f.Rules) }, 0},
	{"ABOUT", func(f fingerprintRow) string { return f.About }, 0},
}

func newFingerprintRow(f fingerprints.Fingerprint) fingerprintRow {
	return fingerprintRow{ID: f.ID, About: f.About, Confusables: f.Confusables, Rules: len(f.Rules)}
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

func (p *program) fingerprintsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "the file of one fingerprint", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.ContainsAny(args[0], `/\`) {
				return usagef("fingerprint %q: an id has no slash; minesweep fingerprints list shows them", args[0])
			}
			sources := []fs.FS{fingerprints.Embedded()}
			if dir := p.settings.fingerprints; dir != "" {
				sources = append(sources, os.DirFS(dir))
			}
			for _, source := range sources {
				text, err := fs.ReadFile(source, args[0]+".yaml")
				if err == nil {
					_, err = p.stdout.Write(text)
					return err
				}
			}
			return usagef("fingerprint %q does not exist; minesweep fingerprints list shows them", args[0])
		},
	}
}

func (p *program) fingerprintsCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DIR", Short: "test the rules and recordings of a directory together with the built-in ones",
		Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			p.settings.fingerprints = args[0]
			rules, err := p.rules()
			if err != nil {
				return err
			}
			devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
			if err != nil {
				return err
			}
			own, err := recordings.ReadDir(os.DirFS(args[0]), "*.txtar")
			if err != nil {
				return usage(err)
			}
			return p.checkDevices(rules, append(devices, own...))
		},
	}
}

// checkDevices holds what each recording wants against what the rules say.
func (p *program) checkDevices(rules *fingerprints.Set, devices []recordings.Device) error {
	m, err := keyless()
	if err != nil {
		return err
	}
	var faults []error
	for _, d := range devices {
		if err := d.Check(p.identify(rules, m, d)); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	_, err = fmt.Fprintf(p.stdout, "%d fingerprints, %d recordings: all as wanted\n", len(rules.List()), len(devices))
	return err
}
