package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

func (p *program) fingerprintsCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DIR", Short: "test the rules and recordings of a directory together with the built-in ones",
		Long: "Test the rules (*.yaml) and recordings (*.txtar) of a directory: each rule must be shown by a recording,\neach group it reads be asserted by one, and none may fire on an innocent host or on another make's\ndevice, built-in recordings included. Each fault is named by file and line.",
		Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := args[0]
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return usagef("fingerprints check: %s is no directory of YAML files and recordings", dir)
			}
			devices, err := everyRecording(dir)
			if err != nil {
				return err
			}
			faults := fingerprints.Check(os.DirFS(dir), samplesOf(devices), fingerprints.Embedded())
			for i, fault := range faults {
				faults[i] = fmt.Errorf("%s%c%w", filepath.Clean(dir), filepath.Separator, fault)
			}
			if len(faults) > 0 {
				return errors.Join(faults...)
			}
			p.settings.fingerprints = dir
			rules, err := p.rules()
			if err != nil {
				return err
			}
			return p.checkDevices(rules, devices)
		},
	}
}

// everyRecording reads the built-in recordings and those of a directory.
func everyRecording(dir string) ([]recordings.Device, error) {
	devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	if err != nil || dir == "" {
		return devices, err
	}
	own, err := recordings.ReadDir(os.DirFS(dir), "*.txtar")
	if err != nil {
		return nil, fmt.Errorf("%s%c%w", filepath.Clean(dir), filepath.Separator, err)
	}
	return append(devices, own...), nil
}

func samplesOf(devices []recordings.Device) []fingerprints.Sample {
	out := make([]fingerprints.Sample, 0, len(devices))
	for _, d := range devices {
		s := fingerprints.Sample{Name: d.Name, Replies: d.Replies}
		if w := d.Want; w != nil {
			s.Verdict = w.Verdict
			s.Want = minesweep.Claims{
				Class: w.Class, Vendor: w.Vendor, Model: w.Model, Firmware: w.Firmware, Algorithm: w.Algorithm,
				Coin: w.Coin, Pool: w.Pool, Worker: w.Worker, MAC: w.MAC, Serial: w.Serial, Hostname: w.Hostname, State: w.State,
			}
		}
		out = append(out, s)
	}
	return out
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
