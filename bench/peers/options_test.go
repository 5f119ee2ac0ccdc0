package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-only", "prefixes,rates", "-programs", "zmap", "-pairs", "3"}, io.Discard)
	if err != nil || !slices.Equal(o.works, []string{"prefixes", "rates"}) || !slices.Equal(o.programs, []string{"zmap"}) || o.pairs != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	if all, err := parseOptions(nil, io.Discard); err != nil || !slices.Equal(all.works, workNames) || !slices.Equal(all.programs, programNames) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, args := range [][]string{{"-only", "rate"}, {"-programs", "nmap"}, {"-pairs", "0"}, {"-rate-runs", "-1"}, {"-fast"}} {
		if _, err := parseOptions(args, io.Discard); err == nil {
			t.Errorf("%s is taken", strings.Join(args, " "))
		}
	}
}

// Each program gets the job's targets, ports and rate.
func TestStepsSayTheWholeJob(t *testing.T) {
	j := newJob("100.64.0.0/16", 2, 25_000)
	s := site{dir: "/tmp/x", device: "near0", mac: "02:00:00:00:fa:01", gatewayMAC: "02:00:00:00:fa:02"}
	for _, p := range catalogue(options{}) {
		t.Run(p.name, func(t *testing.T) {
			ports := 0
			for _, one := range p.steps(p.path, j, s) {
				ports += one.ports
				line := strings.Join(one.args, " ")
				if !strings.Contains(line, "25000") || !p.ours && !strings.Contains(line, "100.64.0.0/16") {
					t.Errorf("%s", line)
				}
			}
			if ports != 2 {
				t.Errorf("%d ports of 2", ports)
			}
		})
	}
}
