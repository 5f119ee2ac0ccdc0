//go:build root

package main_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"minesweep"
)

// stratumPackage keeps the old server to the modules that it was written for.
const stratumPackage = `{"private": true, "dependencies": {"stratum": "0.2.4"},
"overrides": {"chalk": "4.1.2", "uuid": "3.4.0", "commander": "2.20.3"}}`

// TestRootStratumServer scans the example that a library of Stratum servers
// ships, which listens on localhost.
func TestRootStratumServer(t *testing.T) {
	dir := installed(t, "stratum@0.2.4", npmInstall)
	n := newNetwork(t)
	b := newBuilt(t, n)
	pool := n.start(t, nil, t.TempDir(), need(t, "node"), "--dns-result-order=ipv4first",
		filepath.Join(dir, "node_modules/stratum/examples/server.js"))
	n.awaitPorts(t, pool, "127.0.0.1:3333")
	b.grant(t, "127.0.0.1/32")
	hosts := b.scan(t, "127.0.0.1", "--ports", "3333")
	checkHosts(t, hosts, wantHost{"stratum, an example", "127.0.0.1", []uint16{3333}, confirmed, minesweep.Pool})
	if h := hosts[addr("127.0.0.1")]; h.Locked || h.Hashrate != nil {
		t.Errorf("a pool that says neither: locked %t, hashrate %v", h.Locked, h.Hashrate)
	}
}

func npmInstall(ctx context.Context, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(stratumPackage), 0o644); err != nil {
		return err
	}
	return command(ctx, dir, nil, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
}
