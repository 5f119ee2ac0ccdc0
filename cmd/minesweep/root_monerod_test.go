//go:build root

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"minesweep"
)

const (
	moneroOpen       = "127.78.0.10" // monerod's full RPC
	moneroRestricted = "127.78.0.11" // the same daemon's restricted RPC
)

// TestRootMonerod shows that it is the mining that confirms, not the daemon.
func TestRootMonerod(t *testing.T) {
	n := newNetwork(t)
	b := newBuilt(t, n)
	address := moneroAddress(t, n)
	daemon := startMonerod(t, n)
	b.grant(t, "127.78.0.0/24")
	scan := []string{"127.78.0.0/24", "--ports", "18081,18089"}
	restricted := wantHost{"monerod's restricted RPC", moneroRestricted, []uint16{18089}, unconfirmed, ""}

	checkHosts(t, b.scan(t, scan...),
		wantHost{"monerod, idle", moneroOpen, []uint16{18081}, unconfirmed, minesweep.Node}, restricted)
	if daemon.mining(t) {
		t.Error("monerod mines after a scan that may only read")
	}

	daemon.startMining(t, address)
	hosts := b.scan(t, scan...)
	still := daemon.mining(t)
	daemon.kill() // told to stop, it would first finish RandomX's data set: a minute of a whole core
	if !still {
		t.Error("monerod no longer mines after a scan that may only read")
	}
	checkHosts(t, hosts,
		wantHost{"monerod, mining", moneroOpen, []uint16{18081}, []minesweep.Verdict{minesweep.Confirmed}, minesweep.Node}, restricted)
	proof := func(e minesweep.QuotedClaim) bool {
		return e.Strength == minesweep.Confirm && strings.HasSuffix(e.Probe, "mining_status") && e.Port == 18081 && e.Quote != ""
	}
	if got := hosts[addr(moneroOpen)].Evidence; !slices.ContainsFunc(got, proof) {
		t.Errorf("no evidence quotes mining_status: %+v", got)
	}
}

// monero is a running monerod.
type monero struct {
	*program
	net *network
}

func startMonerod(t *testing.T, n *network) monero {
	t.Helper()
	dir := t.TempDir()
	p := n.start(t, nil, dir, need(t, "monerod"), "--regtest", "--offline", "--fixed-difficulty", "100",
		"--data-dir", filepath.Join(dir, "data"), "--rpc-bind-ip", moneroOpen, "--rpc-bind-port", "18081",
		"--rpc-restricted-bind-ip", moneroRestricted, "--rpc-restricted-bind-port", "18089", "--no-zmq",
		"--non-interactive", "--disable-dns-checkpoints", "--check-updates", "disabled", "--no-igd")
	n.awaitPorts(t, p, moneroOpen+":18081", moneroRestricted+":18089")
	return monero{p, n}
}

// moneroAddress makes a wallet that nobody keeps and returns its address.
func moneroAddress(t *testing.T, n *network) string {
	t.Helper()
	dir := t.TempDir()
	wallet := filepath.Join(dir, "wallet")
	p := n.start(t, nil, dir, need(t, "monero-wallet-cli"), "--offline", "--generate-new-wallet", wallet, "--password", "",
		"--mnemonic-language", "English", "--create-address-file", "--log-file", wallet+".log", "--command", "address")
	if status := p.status(t); status != 0 {
		t.Fatalf("monero-wallet-cli: exit status %d", status)
	}
	text, err := os.ReadFile(wallet + ".address.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// startMining lets one thread mine. The answer comes once the daemon is active.
func (m monero) startMining(t *testing.T, address string) {
	t.Helper()
	m.post(t, "start_mining", fmt.Sprintf(
		`{"do_background_mining":false,"ignore_battery":true,"miner_address":%q,"threads_count":1}`, address))
	if !m.mining(t) {
		t.Fatal("monerod was told to mine and does not")
	}
}

func (m monero) mining(t *testing.T) bool {
	t.Helper()
	return m.post(t, "mining_status", "{}").Active
}

// moneroReply is what the test reads of monerod's answers.
type moneroReply struct {
	Status string `json:"status"`
	Active bool   `json:"active"`
}

// post asks the daemon something that, unlike minesweep's questions, may change it.
func (m monero) post(t *testing.T, path, body string) moneroReply {
	t.Helper()
	url := "http://" + moneroOpen + ":18081/" + path
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := m.net.http().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var reply moneroReply
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil || reply.Status != "OK" {
		t.Fatalf("%s: %s, status %q, %v", path, resp.Status, reply.Status, err)
	}
	return reply
}
