//go:build root

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"minesweep"
	"minesweep/lab"
	"minesweep/lab/wire"
	"minesweep/scanner"
)

// The laboratory of decoys: of its addresses, one in thirteen pretends. Devices,
// and decoys among them, stand in its first /24s.
const decoyRange = "10.20.0.0/19"

// decoy is a kind of what pretends, by where it stands.
type decoy struct {
	what   string
	at     []netip.Addr
	ports  []uint16 // that it pretends, nil: all
	most   int      // of its ports may be asked
	reason string   // of those that are held back
}

// decoys returns each kind.
func decoys() []decoy {
	addrs := func(prefix string, from, to, step int) (out []netip.Addr) {
		base := netip.MustParsePrefix(prefix).Addr().As4()
		for i := from; i <= to; i += step {
			out = append(out, netip.AddrFrom4([4]byte{base[0], base[1], base[2], byte(i)}))
		}
		return out
	}
	const nobody = "where nobody listens"
	return []decoy{
		{"SYN proxies", slices.Concat(addrs("10.20.0.0/24", 201, 254, 3), addrs("10.20.4.0/24", 1, 80, 1)), nil, 0, "SYN proxy"},
		{"hosts that answer every SYN", slices.Concat(addrs("10.20.0.0/24", 202, 254, 3), addrs("10.20.4.0/24", 101, 180, 1)), nil, 0, nobody},
		{"hosts that forward every port", addrs("10.20.0.0/24", 203, 254, 3), nil, 0, nobody},
		{"a network that answers every SYN", addrs("10.20.8.0/24", 0, 255, 1), nil, 0, nobody},
		// Seven before they are alike, and one in 32 of the rest.
		{"a network with one silent port", addrs("10.20.12.0/24", 0, 255, 1), []uint16{443}, 15, "addresses of 10.20.12.0/24"},
	}
}

// decoyLab is what the far side holds.
type decoyLab struct {
	*wire.Lab
	devices map[netip.Addr]lab.Simulated
}

// newDecoyLab builds it: a fleet, a farm of one and the same miner, innocents,
// and the decoys.
func newDecoyLab(t *testing.T) *decoyLab {
	t.Helper()
	w, err := wire.New(wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &decoyLab{Lab: w, devices: make(map[netip.Addr]lab.Simulated)}
	l.answer(t)
	l.forward(t)
	l.populate(t)
	return l
}

// answer tells the responder who is who.
func (l *decoyLab) answer(t *testing.T) {
	t.Helper()
	r := wire.Responder{Seed: 3, RefusePercent: 40, Options: []byte{2, 4, 5, 180, 1, 1, 4, 2}}
	kinds := []wire.Kind{wire.Proxy, wire.AllOpen, wire.Passed, wire.Middlebox, wire.Passed}
	for i, d := range decoys() {
		for _, a := range d.at {
			r.Places = append(r.Places, wire.Place{Prefix: netip.PrefixFrom(a, 32), Kind: kinds[i]})
		}
	}
	r.Places = append(r.Places, wire.Place{Prefix: netip.MustParsePrefix("10.20.0.0/22"), Kind: wire.Passed})
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
}

// silentPort is where what is forwarded goes: it accepts and says nothing.
const silentPort = 7

func (l *decoyLab) forward(t *testing.T) {
	t.Helper()
	all, one := decoys()[2], decoys()[4]
	var set []string
	for _, a := range all.at {
		set = append(set, a.String())
	}
	rules := fmt.Sprintf(`table ip decoys {
	chain pre {
		type nat hook prerouting priority -100;
		ip daddr { %s } tcp dport 1-65535 redirect to :%d
		ip daddr 10.20.12.0/24 tcp dport %d redirect to :%d
	}
}`, strings.Join(set, ", "), silentPort, one.ports[0], silentPort)
	cmd := exec.CommandContext(t.Context(), need(t, "nft"), "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	var silent net.Listener
	err := l.Far(func() (err error) {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("nft: %w: %s", err, out)
		}
		silent, err = net.Listen("tcp4", fmt.Sprintf("%s:%d", wire.FarAddr(), silentPort))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn); conn.Close() }()
		}
	}()
}

// populate starts the devices.
func (l *decoyLab) populate(t *testing.T) {
	t.Helper()
	fleet, err := lab.Fleet(netip.MustParsePrefix("10.20.0.0/24"), 200)
	if err != nil {
		t.Fatal(err)
	}
	innocents, err := lab.Innocents(netip.MustParsePrefix("10.20.1.0/24"), 200)
	if err != nil {
		t.Fatal(err)
	}
	hosts := slices.Concat(fleet, innocents)
	i := slices.IndexFunc(fleet, func(h lab.Simulated) bool { return h.Device.Want.Model == "Antminer S19" })
	for a := range 250 {
		farm := fleet[max(i, 0)]
		farm.Address = netip.AddrFrom4([4]byte{10, 20, 2, byte(a + 1)})
		hosts = append(hosts, farm)
	}
	var running *lab.Lab
	if err := l.Far(func() (err error) {
		running, err = lab.Start(t.Context(), hosts)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	for _, h := range hosts {
		l.devices[h.Address] = h
	}
}

func portsOf(h lab.Simulated) []uint16 {
	out := slices.Clone(h.Ports)
	for _, x := range h.Device.Sections {
		out = append(out, x.Port)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestRootDecoysAreNotAsked sweeps the laboratory: next to nothing may be asked
// of decoys, and every true service must be.
func TestRootDecoysAreNotAsked(t *testing.T) {
	l := newDecoyLab(t)
	stop := l.listen(t)
	// On a busy machine answers get lost, which is not what is tested here.
	hosts := l.sweep(t, "--engine", "syn", "--rate", "30000", "--passes", "3", "--pass-gap", "1s")
	asked := stop()
	pairs, wasted := 0, 0
	for _, d := range decoys() {
		n, w := d.check(t, hosts, asked)
		t.Logf("%s: %d of %d ports were asked", d.what, w, n)
		pairs, wasted = pairs+n, wasted+w
	}
	t.Logf("%d of %d decoy ports were asked: %.2f %% filtered", wasted, pairs, 100-100*float64(wasted)/float64(pairs))
	if pairs < 5300 || wasted*100 > pairs {
		t.Errorf("%d of %d decoy ports were asked, want at most 1 %%", wasted, pairs)
	}
	l.checkDevices(t, hosts, asked)
}

// check counts the ports of a kind and those that were asked.
func (d decoy) check(t *testing.T, hosts map[netip.Addr]minesweep.Host, asked map[netip.AddrPort]int) (pairs, wasted int) {
	t.Helper()
	for _, a := range d.at {
		h := hosts[a]
		for _, p := range h.Ports {
			pairs++
			held := slices.ContainsFunc(h.Evidence, func(e minesweep.QuotedClaim) bool {
				return e.Fingerprint == minesweep.SievedProbe && e.Port == p.Port && strings.Contains(e.Quote, d.reason)
			})
			if asked[netip.AddrPortFrom(a, p.Port)] > 0 {
				wasted++
			} else if !held || h.Verdict != minesweep.DecoyHost {
				t.Errorf("%s: %s port %d was not asked, and nothing says why: %s %q", d.what, a, p.Port, h.Verdict, h.Doubts)
			}
		}
	}
	if wasted > d.most {
		t.Errorf("%s: %d of %d ports were asked, want %d at most", d.what, wasted, pairs, d.most)
	}
	return pairs, wasted
}

// checkDevices wants every device found and asked, and every miner named.
func (l *decoyLab) checkDevices(t *testing.T, hosts map[netip.Addr]minesweep.Host, asked map[netip.AddrPort]int) {
	t.Helper()
	ports, miners := 0, 0
	for a, s := range l.devices {
		h := hosts[a]
		for _, port := range portsOf(s) {
			if slices.Contains(scanner.Tier1(), port) && s.Behaviour == lab.Recorded {
				ports++
				if asked[netip.AddrPortFrom(a, port)] == 0 && h.Verdict != minesweep.Confirmed {
					t.Errorf("%s (%s): port %d was not asked: %s %q", a, s.Device.Name, port, h.Verdict, h.Doubts)
				}
			}
		}
		for _, e := range h.Evidence {
			if e.Fingerprint == minesweep.SievedProbe {
				t.Errorf("%s (%s): port %d was held back: %s", a, s.Device.Name, e.Port, e.Quote)
			}
		}
		if want := s.Device.Want; want.Verdict == minesweep.Confirmed {
			miners++
			if h.Verdict != want.Verdict || h.Vendor != want.Vendor {
				t.Errorf("%s (%s) is %s %q, want %s %q; doubts %q", a, s.Device.Name, h.Verdict, h.Vendor, want.Verdict, want.Vendor, h.Doubts)
			}
		}
	}
	t.Logf("%d miners named, %d ports of devices", miners, ports)
	if miners < 440 || ports < 500 {
		t.Errorf("%d miners and %d ports only", miners, ports)
	}
}
