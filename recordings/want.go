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
	Verdict      minesweep.Verdict `yaml:"verdict,omitempty"`
	Class        minesweep.Class   `yaml:"class,omitempty"`
	Vendor       string            `yaml:"vendor,omitempty"`
	Model        string            `yaml:"model,omitempty"`
	Firmware     string            `yaml:"firmware,omitempty"`
	Algorithm    string            `yaml:"algorithm,omitempty"`
	Coin         string            `yaml:"coin,omitempty"`
	Hashrate     *float64          `yaml:"hashrate,omitempty"` // in HashrateUnit
	HashrateUnit string            `yaml:"hashrate_unit,omitempty"`
	PowerW       *float64          `yaml:"power_w,omitempty"`
	Pool         string            `yaml:"pool,omitempty"`
	PoolOperator string            `yaml:"pool_operator,omitempty"`
	Worker       string            `yaml:"worker,omitempty"`
	MAC          string            `yaml:"mac,omitempty"`
	Serial       string            `yaml:"serial,omitempty"`
	Hostname     string            `yaml:"hostname,omitempty"`
	UptimeS      *int64            `yaml:"uptime_s,omitempty"`
	State        string            `yaml:"state,omitempty"`
	Locked       *bool             `yaml:"locked,omitempty"`
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
