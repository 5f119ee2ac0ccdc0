package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/mapper"
	"minesweep/recordings"
)

// scoreFlags are the flags of fingerprints score.
type scoreFlags struct{ truth, floors string }

func (p *program) fingerprintsScore() *cobra.Command {
	var f scoreFlags
	c := &cobra.Command{
		Use: "score FILE|DIR…", Short: "how often the rules are right on recordings whose truth is known",
		Long: "Judge recordings (JSON lines, .txtar files, directories of them) and count detection, vendor,\nmodel, hashrate within 1 % and false confirmations, by family, and what was taken for what.\nTruth is the recording's own want or expected, or the row of --truth. No packet leaves.",
		Args: wantArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return p.score(f, args) },
	}
	c.Flags().StringVar(&f.truth, "truth", "", "CSV `FILE` of device,family,vendor,model,hashrate for recordings that do not say")
	c.Flags().StringVar(&f.floors, "floors", "", "CSV `FILE` of figure,floor; a figure below its floor is an error")
	return c
}

func (p *program) score(f scoreFlags, paths []string) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	known, err := readLabels(f.truth)
	if err != nil {
		return usage(err)
	}
	floors, err := readFloors(f.floors)
	if err != nil {
		return usage(err)
	}
	m, err := keyless()
	if err != nil {
		return err
	}
	s := newScore()
	for _, path := range paths {
		devices, err := p.readRecordings(path)
		if err != nil {
			return usage(err)
		}
		p.scoreAll(s, rules, m, known, devices)
	}
	if err := p.printScore(s); err != nil {
		return err
	}
	return s.total().below(floors)
}

func (p *program) scoreAll(s *score, rules minesweep.Judge, m *mapper.Mapper, known map[string]label, devices []recordings.Device) {
	for _, d := range devices {
		s.add(labelOf(d, known), p.identify(rules, m, d))
	}
}

// readRecordings reads a file of either form, or all .txtar files of a directory.
func (p *program) readRecordings(path string) ([]recordings.Device, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	if !info.IsDir() {
		return p.readRecording(path)
	}
	devices, err := recordings.ReadDir(os.DirFS(path), "*.txtar")
	if err == nil && len(devices) == 0 {
		err = fmt.Errorf("recordings: %s holds no .txtar file", path)
	}
	return devices, err
}
