package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/recordings"
)

func (p *program) identifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "identify FILE…", Short: "judge recorded answers; no packet leaves",
		Long: "Judge recorded answers: JSON lines of request and response, or a .txtar device of the\nproject's own form; - is JSON lines on standard input. No packet leaves.",
		Args: wantArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := p.rules()
			if err != nil {
				return err
			}
			m, err := keyless()
			if err != nil {
				return err
			}
			w := newHostWriter(p)
			for _, path := range args {
				devices, err := p.readRecording(path)
				if err != nil {
					return usage(err)
				}
				for _, d := range devices {
					if err := w.write(p.identify(rules, m, d)); err != nil {
						return err
					}
				}
			}
			return w.close()
		},
	}
}

func (p *program) readRecording(path string) (out []recordings.Device, err error) {
	if path == "-" {
		return recordings.ReadJSONL("standard input", p.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !strings.HasSuffix(path, ".txtar") {
		return recordings.ReadJSONL(path, file)
	}
	text, err := io.ReadAll(io.LimitReader(file, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("identify %s: %w", path, err)
	}
	d, err := recordings.ReadTxtar(path, text)
	return []recordings.Device{d}, err
}

// identify judges one recorded device as if a sweep had met it.
func (p *program) identify(rules minesweep.Judge, m minesweep.Assessor, d recordings.Device) minesweep.Host {
	o := minesweep.Observation{Replies: d.Replies, Evidence: rules.Judge(d.Replies), At: p.now()}
	seen := make(map[uint16]bool)
	for _, r := range d.Replies {
		o.Address = r.Target.Addr()
		if port := r.Target.Port(); !seen[port] {
			seen[port] = true
			o.Ports = append(o.Ports, minesweep.OpenPort{Target: r.Target, At: p.now(), Engine: "recording"})
		}
	}
	o.PortsSwept = len(o.Ports)
	h := m.Assess(o)
	h.Device = d.Name
	return h
}
