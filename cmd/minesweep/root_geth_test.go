//go:build root

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"minesweep"
)

// gethModule is the last line of geth that mines. Go's linker wants to be told
// that one of its modules reaches into the runtime.
const gethModule, gethFlag = "github.com/ethereum/go-ethereum/cmd/geth@v1.10.23", "-ldflags=-checklinkname=0"

// TestRootGeth shows that work confirms, and neither a node nor the word of
// a development chain that it mines.
func TestRootGeth(t *testing.T) {
	dir := installed(t, filepath.Base(gethModule), goInstall(gethModule, gethFlag))
	n := newNetwork(t)
	b := newBuilt(t, n)
	g := geth{n, filepath.Join(dir, "geth"), t.TempDir()}
	chain := []string{"--networkid", "1337", "--miner.etherbase", "0x000000000000000000000000000000000000dead"}
	// The sealer is remote: geth hands out work and computes no hash itself.
	mining := g.start(t, "127.78.0.60", append(g.chain(t), append(chain, "--mine", "--miner.threads", "-1")...)...)
	idle := g.start(t, "127.78.0.61", append(g.chain(t), chain...)...)
	dev := g.start(t, "127.78.0.62", "--dev")
	n.awaitPorts(t, mining, "127.78.0.60:8545")
	n.awaitPorts(t, idle, "127.78.0.61:8545")
	n.awaitPorts(t, dev, "127.78.0.62:8545")
	b.grant(t, "127.78.0.0/24")
	hosts := b.scan(t, "127.78.0.0/24", "--ports", "8545,8546")
	checkHosts(t, hosts,
		wantHost{"geth, mining", "127.78.0.60", []uint16{8545}, confirmed, minesweep.Node},
		wantHost{"geth", "127.78.0.61", []uint16{8545}, unconfirmed, ""},
		wantHost{"geth --dev", "127.78.0.62", []uint16{8545}, unconfirmed, ""})
	wantProduct{vendor: "Geth", model: "Geth", states: []string{"mining"}}.check(t, hosts[addr("127.78.0.60")])
}

// geth is an installed geth.
type geth struct {
	net        *network
	path, home string
}

func (g geth) start(t *testing.T, at string, more ...string) *program {
	t.Helper()
	return g.net.start(t, nil, g.home, g.path, append([]string{
		"--nodiscover", "--maxpeers", "0", "--nat", "none", "--port", "0", "--netrestrict", "127.0.0.0/8", "--ipcdisable",
		"--http", "--http.addr", at, "--http.port", "8545", "--http.api", "eth,net,web3,miner",
		"--authrpc.addr", at, "--authrpc.port", "8551"}, more...)...)
}

// genesis is that of a chain whose every hash is a block.
const genesis = `{"config": {"chainId": 1337, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0,
"byzantiumBlock": 0, "constantinopleBlock": 0, "petersburgBlock": 0, "istanbulBlock": 0, "berlinBlock": 0, "ethash": {}},
"difficulty": "0x1", "gasLimit": "0x7a1200", "alloc": {}}`

// chain makes a chain of one node and returns the flags that say where it is.
func (g geth) chain(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "genesis.json")
	if err := os.WriteFile(path, []byte(genesis), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := g.net.start(t, nil, dir, g.path, "--datadir", dir, "init", path).status(t); status != 0 {
		t.Fatalf("geth init: exit status %d", status)
	}
	return []string{"--datadir", dir, "--ethash.dagdir", dir, "--ethash.cachedir", dir}
}
