//go:build root

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRootInnocents sets ordinary servers, on their own ports and on those
// where miners are looked for, before the scan.
func TestRootInnocents(t *testing.T) {
	n := newNetwork(t)
	b := newBuilt(t, n)
	innocents := []wantHost{
		{"nginx", "127.78.0.20", []uint16{80, 3333, 4028, 18081}, unconfirmed, ""},
		{"nginx with a login", "127.78.0.21", []uint16{80, 4028}, unconfirmed, ""},
		{"nginx with the realm of an Antminer", "127.78.0.22", []uint16{80, 6060}, unconfirmed, ""},
		{"nginx that answers JSON to everything", "127.78.0.23", []uint16{80, 4028, 4067, 8080, 8545, 18081}, unconfirmed, ""},
		{"redis", "127.78.0.30", []uint16{6379}, unconfirmed, ""},
		{"redis on the port of Stratum", "127.78.0.31", []uint16{3333}, unconfirmed, ""},
		{"sshd", "127.78.0.32", []uint16{2222, 4028}, unconfirmed, ""},
	}
	startNginx(t, n, innocents[:4])
	for _, h := range innocents[4:6] {
		startRedis(t, n, h)
	}
	startSSHD(t, n, innocents[6])
	b.grant(t, "127.78.0.0/24")
	checkHosts(t, b.scan(t, "127.78.0.0/24", "--ports", "tier1,2222,6379"), innocents...)
}

// endpoints are the addresses of a host with each of its ports.
func endpoints(h wantHost) []string {
	out := make([]string, len(h.ports))
	for i, port := range h.ports {
		out[i] = fmt.Sprintf("%s:%d", h.address, port)
	}
	return out
}

// nginxBehaviours are what the hosts of TestRootInnocents do, in their order.
var nginxBehaviours = []string{
	`root html;`,
	`root html; auth_basic "Restricted"; auth_basic_user_file users;`,
	`root html; auth_basic "antMiner Configuration"; auth_basic_user_file users;`,
	`default_type application/json; return 200 '{"status":"OK","success":true,"code":0,"result":true,"data":{}}';`,
}

func startNginx(t *testing.T, n *network, hosts []wantHost) {
	t.Helper()
	dir := t.TempDir()
	var servers strings.Builder
	var all []string
	for i, h := range hosts {
		fmt.Fprintf(&servers, "server {")
		for _, e := range endpoints(h) {
			fmt.Fprintf(&servers, " listen %s;", e)
			all = append(all, e)
		}
		fmt.Fprintf(&servers, " %s }\n", nginxBehaviours[i])
	}
	write(t, dir, "html/index.html", "<!DOCTYPE html><title>Login - Adminer</title><h1>Welcome</h1>\n")
	write(t, dir, "users", "")
	write(t, dir, "nginx.conf", fmt.Sprintf("daemon off; master_process off; pid nginx.pid; error_log stderr;\n"+
		"events {}\nhttp { access_log off; client_body_temp_path body; proxy_temp_path proxy;\n"+
		"fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n%s}\n", &servers))
	p := n.start(t, nil, dir, need(t, "nginx"), "-p", dir+"/", "-c", "nginx.conf", "-e", "stderr")
	n.awaitPorts(t, p, all...)
}

func startRedis(t *testing.T, n *network, h wantHost) {
	t.Helper()
	dir := t.TempDir()
	p := n.start(t, nil, dir, need(t, "redis-server"), "--bind", h.address, "--port", fmt.Sprint(h.ports[0]),
		"--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no")
	n.awaitPorts(t, p, endpoints(h)...)
}

func startSSHD(t *testing.T, n *network, h wantHost) {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "hostkey")
	if status := n.start(t, nil, dir, need(t, "ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", key).status(t); status != 0 {
		t.Fatalf("ssh-keygen: exit status %d", status)
	}
	const privsep = "/run/sshd" // sshd insists on this empty folder, which systemd makes on a booted machine
	if err := os.Mkdir(privsep, 0o755); err == nil {
		t.Cleanup(func() { _ = os.Remove(privsep) })
	}
	conf := "HostKey " + key + "\nUsePAM no\nPidFile none\n"
	for _, e := range endpoints(h) {
		conf += "ListenAddress " + e + "\n"
	}
	write(t, dir, "sshd_config", conf)
	p := n.start(t, nil, dir, need(t, "sshd"), "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	n.awaitPorts(t, p, endpoints(h)...)
}

// write makes a file that any user of the machine may read.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
