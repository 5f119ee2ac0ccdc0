//go:build root

package main_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"minesweep"
)

// trap is a program that looks like a miner to someone who looks in haste.
type trap struct {
	wantHost
	command string
	args    func(dir, at string, ports []uint16) []string
	config  string // what is written into the file config of dir; %[1]s is the address, %[2]d the port
}

// silentOrDecoy are the verdicts on who says nothing, or only what it was told.
var silentOrDecoy = []minesweep.Verdict{minesweep.Silent, minesweep.DecoyHost}

var traps = []trap{
	{wantHost{"an MQTT broker on the port of Stratum", "127.78.0.70", []uint16{3333}, unconfirmed, ""},
		"mosquitto", //nolint:misspell // its name
		func(dir, _ string, _ []uint16) []string { return []string{"-c", filepath.Join(dir, "config")} },
		"listener %[2]d %[1]s\nallow_anonymous true\nuser root\n"},
	{wantHost{"node-exporter, which has a page for every path", "127.78.0.71", []uint16{4067, 8080, 8545, 16010, 18081}, unconfirmed, ""},
		"prometheus-node-exporter", func(_, at string, ports []uint16) []string {
			args := []string{"--collector.disable-defaults", "--log.level=warn"}
			for _, p := range ports {
				args = append(args, fmt.Sprintf("--web.listen-address=%s:%d", at, p))
			}
			return args
		}, ""},
	{wantHost{"memcached, which knows the word version", "127.78.0.72", []uint16{4028}, unconfirmed, ""},
		"memcached", func(_, at string, ports []uint16) []string {
			return []string{"-u", "root", "-l", at, "-p", fmt.Sprint(ports[0])}
		}, ""},
	{wantHost{"aria2's JSON-RPC", "127.0.0.1", []uint16{8545}, unconfirmed, ""},
		"aria2c", func(_, _ string, ports []uint16) []string {
			return []string{"--no-conf", "--enable-rpc", "--quiet", fmt.Sprintf("--rpc-listen-port=%d", ports[0])}
		}, ""},
	{wantHost{"transmission, whose refusal is bitcoind's", "127.78.0.74", []uint16{8332}, unconfirmed, ""},
		"transmission-daemon", func(dir, at string, ports []uint16) []string {
			return []string{"--foreground", "--config-dir", dir, "--rpc-bind-address", at, "--port", fmt.Sprint(ports[0]),
				"--no-portmap", "--no-dht", "--no-lpd", "--no-utp"}
		}, ""},
	{wantHost{"tinyproxy", "127.78.0.75", []uint16{8080}, unconfirmed, ""},
		"tinyproxy", func(dir, _ string, _ []uint16) []string { return []string{"-d", "-c", filepath.Join(dir, "config")} },
		"Listen %[1]s\nPort %[2]d\nUser root\nGroup root\n"},
	{wantHost{"monero-wallet-rpc, which is no daemon", "127.78.0.76", []uint16{18081}, unconfirmed, ""},
		"monero-wallet-rpc", func(dir, at string, ports []uint16) []string {
			return []string{"--offline", "--disable-rpc-login", "--wallet-dir", dir, "--log-file", filepath.Join(dir, "log"),
				"--rpc-bind-ip", at, "--rpc-bind-port", fmt.Sprint(ports[0]), "--confirm-external-bind"}
		}, ""},
	{wantHost{"an echo", "127.78.0.77", []uint16{3333}, []minesweep.Verdict{minesweep.DecoyHost}, ""},
		"socat", func(_, at string, ports []uint16) []string {
			return []string{fmt.Sprintf("TCP-LISTEN:%d,bind=%s,fork,reuseaddr", ports[0], at), "PIPE"}
		}, ""},
	{wantHost{"a discard", "127.78.0.78", []uint16{4028}, []minesweep.Verdict{minesweep.Silent}, ""},
		"socat", func(_, at string, ports []uint16) []string {
			return []string{"-u", fmt.Sprintf("TCP-LISTEN:%d,bind=%s,fork,reuseaddr", ports[0], at), "OPEN:/dev/null"}
		}, ""},
}

// TestRootTraps sets what is no miner, and has something of one, before the scan.
func TestRootTraps(t *testing.T) {
	n := newNetwork(t)
	b := newBuilt(t, n)
	var want []wantHost
	for _, trap := range traps {
		trap.start(t, n)
		want = append(want, trap.wantHost)
	}
	b.grant(t, "127.78.0.0/24", "127.0.0.1/32")
	checkHosts(t, b.scan(t, "127.78.0.0/24", "127.0.0.1", "--ports", "tier1,8332,16010"), want...)
}

func (p trap) start(t *testing.T, n *network) {
	t.Helper()
	dir := t.TempDir()
	if p.config != "" {
		write(t, dir, "config", fmt.Sprintf(p.config, p.address, p.ports[0]))
	}
	n.awaitPorts(t, n.start(t, nil, dir, need(t, p.command), p.args(dir, p.address, p.ports)...), endpoints(p.wantHost)...)
}

// TestRootEndlessh scans a tarpit: random text for SSH clients, a line in ten
// seconds, without end. It listens on every address.
func TestRootEndlessh(t *testing.T) {
	n := newNetwork(t)
	b := newBuilt(t, n)
	tarpit := n.start(t, nil, t.TempDir(), need(t, "endlessh"), "-4", "-p", "4028", "-f", "/dev/null")
	n.awaitPorts(t, tarpit, "127.0.0.1:4028")
	b.grant(t, "127.0.0.1/32")
	checkHosts(t, b.scan(t, "127.0.0.1", "--ports", "4028"),
		wantHost{"endlessh", "127.0.0.1", []uint16{4028}, silentOrDecoy, ""})
}
