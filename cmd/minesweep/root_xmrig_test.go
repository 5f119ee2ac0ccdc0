//go:build root

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"minesweep"
)

// TestRootXMRig scans miners that do not hash: their pool is a closed port.
func TestRootXMRig(t *testing.T) {
	x := installed(t, "xmrig-trixie", trixie("xmrig"))
	n := newNetwork(t)
	b := newBuilt(t, n)
	n.awaitPorts(t, n.startXMRig(t, x, xmrig{at: "127.78.0.50", port: 16010, restricted: true}), "127.78.0.50:16010")
	n.awaitPorts(t, n.startXMRig(t, x, xmrig{at: "127.78.0.51", port: 16010, token: "kept from us"}), "127.78.0.51:16010")
	n.awaitPorts(t, n.startXMRig(t, x, xmrig{at: "127.78.0.52", port: 18081, restricted: true}), "127.78.0.52:18081")
	n.awaitPorts(t, n.startXMRig(t, x, xmrig{at: "127.78.0.53", port: 8080}), "127.78.0.53:8080")
	b.grant(t, "127.78.0.0/24")
	hosts := b.scan(t, "127.78.0.0/24", "--ports", "8080,16010,18081")

	miner := func(what, address string, port uint16) wantHost {
		return wantHost{what, address, []uint16{port}, confirmed, minesweep.CPUMiner}
	}
	checkHosts(t, hosts,
		miner("xmrig", "127.78.0.50", 16010),
		miner("xmrig with a token", "127.78.0.51", 16010),
		miner("xmrig that forbids what is asked of a daemon", "127.78.0.52", 18081),
		miner("xmrig that may be written, by nobody, for it has no token", "127.78.0.53", 8080))
	for _, address := range []string{"127.78.0.50", "127.78.0.52"} {
		wantProduct{vendor: "XMRig", model: "XMRig", states: []string{"idle"}}.check(t, hosts[addr(address)])
	}
	for _, address := range []string{"127.78.0.51", "127.78.0.53"} {
		wantProduct{vendor: "XMRig", model: "XMRig", states: []string{""}, locked: true}.check(t, hosts[addr(address)])
	}
}

// TestRootXMRigMining lets one thread mine for monerod's chain of one node.
func TestRootXMRigMining(t *testing.T) {
	const address = "127.78.0.54"
	x := installed(t, "xmrig-trixie", trixie("xmrig"))
	n := newNetwork(t)
	b := newBuilt(t, n)
	wallet := moneroAddress(t, n)
	daemon := startMonerod(t, n)
	miner := n.startXMRig(t, x, xmrig{at: address, port: 16010, restricted: true, pool: moneroOpen + ":18081", wallet: wallet})
	n.awaitPorts(t, miner, address+":16010")
	n.awaitRate(t, miner, "http://"+address+":16010/2/summary")
	b.grant(t, "127.78.0.0/24")
	hosts := b.scan(t, address, "--ports", "16010")
	miner.kill()
	daemon.kill()

	checkHosts(t, hosts, wantHost{"xmrig, mining", address, []uint16{16010}, confirmed, minesweep.CPUMiner})
	wantProduct{vendor: "XMRig", model: "XMRig", states: []string{"", "mining"}, hashing: true}.check(t, hosts[addr(address)])
}

// xmrig is how a test wants it.
type xmrig struct {
	at         string
	port       uint16
	token      string // "": none
	restricted bool   // it may only be read; without a token and not restricted, it answers nobody
	pool       string // "": a closed port, and it does not hash
	wallet     string
}

// startXMRig runs the xmrig that was unpacked into dir by the loader that
// belongs to it.
func (n *network) startXMRig(t *testing.T, dir string, x xmrig) *program {
	t.Helper()
	loader, err := filepath.Glob(dir + "/usr/lib/*-linux-gnu/ld-linux-*.so.?")
	if err != nil || len(loader) != 1 {
		t.Fatalf("xmrig in %s: its loader is not where Debian puts it: %q, %v", dir, loader, err)
	}
	pool := map[string]any{"url": "127.0.0.1:9", "user": "x", "coin": "monero"}
	if x.pool != "" {
		pool = map[string]any{"url": x.pool, "user": x.wallet, "coin": "monero", "daemon": true}
	}
	var token any
	if x.token != "" {
		token = x.token
	}
	config, err := json.Marshal(map[string]any{
		"api":          map[string]any{"worker-id": "test"},
		"http":         map[string]any{"enabled": true, "host": x.at, "port": x.port, "access-token": token, "restricted": x.restricted},
		"autosave":     false,
		"colors":       false,
		"cpu":          map[string]any{"enabled": true, "huge-pages": false, "rx": []int{0}},
		"randomx":      map[string]any{"mode": "light", "rdmsr": false, "wrmsr": false, "numa": false},
		"opencl":       false,
		"cuda":         false,
		"pools":        []any{pool},
		"retries":      1000000,
		"donate-level": 0,
	})
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	write(t, home, "config.json", string(config))
	return n.start(t, nil, home, loader[0], "--library-path", filepath.Dir(loader[0]), dir+"/usr/bin/xmrig", "-c", filepath.Join(home, "config.json"))
}

// awaitRate returns once a miner states its rate, which it does from the
// tenth second of its work.
func (n *network) awaitRate(t *testing.T, p *program, url string) {
	t.Helper()
	deadline, again := time.After(readiness), time.NewTicker(500*time.Millisecond)
	defer again.Stop()
	for {
		rate, err := n.rate(t, url)
		if rate > 0 {
			t.Logf("%s states %g H/s", url, rate)
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("the miner ended: %v", p.err)
		case <-deadline:
			t.Fatalf("%s states no rate after %s: %v", url, readiness, err)
		case <-again.C:
		}
	}
}

func (n *network) rate(t *testing.T, url string) (float64, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := n.http().Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var said struct {
		Hashrate struct{ Total []*float64 }
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return 0, err
	}
	if len(said.Hashrate.Total) == 0 || said.Hashrate.Total[0] == nil {
		return 0, fmt.Errorf("%s: no rate yet", url)
	}
	return *said.Hashrate.Total[0], nil
}
