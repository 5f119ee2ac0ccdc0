//go:build root

package main_test

import (
	"path/filepath"
	"testing"

	"minesweep"
)

const btcdModule = "github.com/btcsuite/btcd@v0.26.2"

// TestRootNodes shows that a node that does not mine is no miner, whatever
// coin it keeps.
func TestRootNodes(t *testing.T) {
	n := newNetwork(t)
	b := newBuilt(t, n)
	btcd := filepath.Join(installed(t, filepath.Base(btcdModule), goInstall(btcdModule)), "btcd")
	lite := startLitecoind(t, n, "127.78.0.2")
	tls := startBtcd(t, n, btcd, "127.78.0.3")
	plain := startBtcd(t, n, btcd, "127.0.0.1", "--notls") // which it takes there only
	n.awaitPorts(t, lite, "127.78.0.2:9332")
	n.awaitPorts(t, tls, "127.78.0.3:8334")
	n.awaitPorts(t, plain, "127.0.0.1:8334")
	b.grant(t, "127.78.0.0/24", "127.0.0.1/32")
	checkHosts(t, b.scan(t, "127.78.0.0/24", "127.0.0.1", "--ports", "8332,8334,9332"),
		wantHost{"litecoind", "127.78.0.2", []uint16{9332}, unconfirmed, minesweep.Node},
		wantHost{"btcd with TLS", "127.78.0.3", []uint16{8334}, unconfirmed, minesweep.Node},
		wantHost{"btcd without TLS", "127.0.0.1", []uint16{8334}, unconfirmed, minesweep.Node})
}

func startLitecoind(t *testing.T, n *network, at string) *program {
	t.Helper()
	dir := t.TempDir()
	return n.start(t, nil, dir, need(t, "litecoind"), "-regtest", "-datadir="+dir, "-server", "-listen=0",
		"-dnsseed=0", "-connect=0", "-rpcbind="+at, "-rpcallowip=127.0.0.0/8",
		"-rpcport=9332", "-rpcuser=scan", "-rpcpassword=scanpass", "-printtoconsole")
}

func startBtcd(t *testing.T, n *network, path, at string, more ...string) *program {
	t.Helper()
	dir := t.TempDir()
	return n.start(t, nil, dir, path, append([]string{"--simnet", "--datadir=" + dir, "--logdir=" + dir,
		"--configfile=/dev/null", "--rpccert=" + filepath.Join(dir, "cert"), "--rpckey=" + filepath.Join(dir, "key"),
		"--listen=" + at + ":18555", "--rpclisten=" + at + ":8334", "--rpcuser=scan", "--rpcpass=scanpass"}, more...)...)
}
