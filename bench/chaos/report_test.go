package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPages(t *testing.T) {
	o := options{out: t.TempDir(), workers: 3, seed: 4, rate: 1000, per24: 100, length: time.Minute, command: "go run ./bench/chaos -seed 4"}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f := good()
	f.never = 1
	f.done = []happened{{mischief: mischief{at: 5 * time.Second, kind: term, node: 1, lasts: time.Second}, took: 2 * time.Second},
		{mischief: mischief{at: 9 * time.Second, kind: crash, node: everybody, lasts: time.Second}}}
	f.unasked = []string{"node2 ended by itself"}
	f.nodes = []nodeFigures{{Name: "node1", Sent: 77, Stints: 5, Kills: 2}}
	pair := pairReport{Machine: machineOf(o, at), Uplink: 4_000_000, Turns: []turn{{Workers: 2, PerSecond: 123, Each: []uint64{7, 8}}}, Floors: pairFloors(nil)}
	for name, page := range map[string]struct {
		text string
		data any
		want []string
	}{
		"CHAOS.md": {stormPage, reportOf(o, f, at), []string{"2026-11-21 12:00 UTC", "-seed 4", "| FAIL | every pair", "| PASS | the sweep ends",
			"| 5.0 | SIGTERM to a worker 2 for 1.0 s | ended after 2.0 s, status 0 |", "| 9.0 | crash of the database for 1.0 s |  |",
			"- node2 ended by itself", "| node1 | 77 | 5 | 2 | 0 | 0 |"}},
		"NODES.md": {pairPage, pair, []string{"4000000 bytes/s", "| FAIL | two workers", "| 2 | 123 | 0.0 | 0 | [7 8] | 0 | 0 |"}},
	} {
		if err := writePage(o, page.text, name, page.data, io.Discard); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(o.out, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range page.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s does not say %q:\n%s", name, want, text)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-seed", "3"}, io.Discard)
	if err != nil || o.seed != 3 || o.command != "go run ./bench/chaos -seed 3" || o.work != workStorm {
		t.Errorf("%+v, %v", o, err)
	}
	if n := o.portsFor(); n<<13 > 1<<23 || n < 400 {
		t.Errorf("%d ports", n)
	}
	for _, bad := range [][]string{{"-work", "x"}, {"-workers", "0"}, {"-rate", "1"}, {"-length", "1s"}, {"-devices", "0"}, {"-lanes", "-1"}, {"-rounds", "0"}, {"-uplink", "1"}, {"-prefix", "10.0.0.0/11"}, {"-prefix", "x"}} {
		if _, err := parseOptions(bad, io.Discard); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	if ports := portList(20); len(ports) != 20 || ports[0] != 4028 || ports[19] != 20_008 {
		t.Errorf("%v", ports)
	}
}
