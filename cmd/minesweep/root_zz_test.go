//go:build root

package main_test

import "testing"

func TestHarness(t *testing.T) {
	n, far := newNetwork(t), newNetwork(t)
	n.join(t, far)
	far.ip(t, "route add blackhole default")
	c := n.capture(t, "")
	c.control(t, n)
	c.control(t, n)
	lite := startLitecoind(t, n, "127.78.0.2")
	tls := startBtcd(t, n, buildBtcd(t), "127.78.0.3")
	plain := startBtcd(t, n, buildBtcd(t), "127.0.0.1", "--notls")
	n.awaitPorts(t, lite, "127.78.0.2:9332")
	n.awaitPorts(t, tls, "127.78.0.3:8334")
	n.awaitPorts(t, plain, "127.0.0.1:8334")
	innocents := []wantHost{
		{"nginx", "127.78.0.20", []uint16{80, 3333, 4028, 18081}, unconfirmed, ""},
		{"nginx with a login", "127.78.0.21", []uint16{80, 4028}, unconfirmed, ""},
		{"nginx with the realm of an Antminer", "127.78.0.22", []uint16{80, 6060}, unconfirmed, ""},
		{"nginx that answers JSON to everything", "127.78.0.23", []uint16{80, 4028, 4067, 8080, 8545, 18081}, unconfirmed, ""},
	}
	startNginx(t, n, innocents)
	startRedis(t, n, wantHost{"redis", "127.78.0.30", []uint16{6379}, unconfirmed, ""})
	startSSHD(t, n, wantHost{"sshd", "127.78.0.32", []uint16{2222, 4028}, unconfirmed, ""})
	a := moneroAddress(t, n)
	m := startMonerod(t, n)
	t.Log(m.mining(t))
	m.startMining(t, a)
	m.stopMining(t)
	t.Log(m.mining(t))
	for _, h := range innocents {
		for _, e := range endpoints(h) {
			r, err := n.http().Get("http://" + e + "/x")
			if err != nil {
				t.Error(err)
				continue
			}
			t.Log(e, r.Status, r.Header)
		}
	}
}
