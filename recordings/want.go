package recordings

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"minesweep"
)

// Want is the identity that judging a [Device] must give. What is empty or
// nil is not asserted.
type Want struct {
	Verdict      minesweep.Verdict `yaml:"verdict"`
	Class        minesweep.Class   `yaml:"class"`
	Vendor       string            `yaml:"vendor"`
	Model        string            `yaml:"model"`
	Firmware     string            `yaml:"firmware"`
	Algorithm    string            `yaml:"algorithm"`
	Coin         string            `yaml:"coin"`
	Hashrate     *float64          `yaml:"hashrate"` // in HashrateUnit
	HashrateUnit string            `yaml:"hashrate_unit"`
	PowerW       *float64          `yaml:"power_w"`
	Pool         string            `yaml:"pool"`
	Worker       string            `yaml:"worker"`
	MAC          string            `yaml:"mac"`
	Serial       string            `yaml:"serial"`
	Hostname     string            `yaml:"hostname"`
	UptimeS      *int64            `yaml:"uptime_s"`
	State        string            `yaml:"state"`
	Locked       *bool             `yaml:"locked"`
}

// parseWant reads the want section of a recording; a key that no claim has is
// an error, so that a misspelt expectation cannot pass unseen.
func parseWant(data []byte) (*Want, error) {
	var w Want
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if w.Verdict == "" {
		return nil, errors.New("no verdict, write one of: confirmed, suspected, unidentified, decoy, silent")
	}
	switch w.Verdict {
	case minesweep.Confirmed, minesweep.Suspected, minesweep.Unidentified, minesweep.DecoyHost, minesweep.Silent:
		return &w, nil
	}
	return nil, fmt.Errorf("verdict %q is not one of: confirmed, suspected, unidentified, decoy, silent", w.Verdict)
}
