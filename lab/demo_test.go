package lab

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"minesweep"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
	"minesweep/scanner"
)

func demo(t *testing.T) []Simulated {
	t.Helper()
	hosts, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}

func TestDemoHasWhatItPromises(t *testing.T) {
	mining, innocent, decoys := 0, 0, 0
	kinds := make(map[string]bool)
	addresses := make(map[netip.Addr]bool)
	for _, h := range demo(t) {
		switch h.Device.Want.Verdict {
		case minesweep.Confirmed:
			mining++
			kinds[h.Device.Want.Vendor+" "+h.Device.Want.Model] = true
		case minesweep.DecoyHost:
			decoys++
		default:
			innocent++
		}
		if addresses[h.Address] || h.Address.As4()[3] < 10 || h.Address.As4()[3] > 249 {
			t.Errorf("address %s is taken or out of bounds", h.Address)
		}
		addresses[h.Address] = true
		if len(h.ports()) == 0 {
			t.Errorf("%s has no port", h.Device.Name)
		}
	}
	if mining < 40 || len(kinds) < 20 || innocent < 40 || decoys < 4 {
		t.Errorf("%d mining of %d kinds, %d innocent, %d decoys", mining, len(kinds), innocent, decoys)
	}
}

func TestSweptPortsAreTheScanners(t *testing.T) {
	all := scanner.AllTiers()
	for _, p := range swept {
		if !slices.Contains(all, p) {
			t.Errorf("port %d is not swept", p)
		}
	}
	if len(swept)*100 < len(all)*90 {
		t.Errorf("%d of the %d ports that are swept", len(swept), len(all))
	}
	for _, h := range demo(t) {
		if !slices.ContainsFunc(h.ports(), func(p uint16) bool { return slices.Contains(all, p) }) {
			t.Errorf("%s listens on no port that is swept: %v", h.Device.Name, h.ports())
		}
	}
}

type dialer struct{}

func (dialer) Dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", a.String())
}

// sweep asks each host as a sweep does, and with its patience: lab and asker
// share the processors here with whatever else is being tested.
func sweep(t *testing.T, hosts []Simulated, moved map[netip.AddrPort]netip.AddrPort) map[netip.Addr]minesweep.Host {
	t.Helper()
	return sweepWith(t, hosts, moved, probes.AskerConfig{Dialer: dialer{}, Now: time.Now})
}

func sweepWith(t *testing.T, hosts []Simulated, moved map[netip.AddrPort]netip.AddrPort, c probes.AskerConfig) map[netip.Addr]minesweep.Host {
	t.Helper()
	s := sweeping{set: rules(t), asker: probes.NewAsker(c), moved: moved}
	var err error
	if s.judge, err = mapper.New(mapper.Config{Key: []byte("0123456789abcdef")}); err != nil {
		t.Fatal(err)
	}
	found := make(map[netip.Addr]minesweep.Host)
	var lock sync.Mutex
	var all errgroup.Group
	all.SetLimit(64)
	for _, h := range hosts {
		all.Go(func() error {
			host, err := s.host(t.Context(), h)
			lock.Lock()
			defer lock.Unlock()
			found[h.Address] = host
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	return found
}

// builtIn are the rules of the program, read once for all tests.
var builtIn = sync.OnceValues(func() (*fingerprints.Set, error) { return fingerprints.Load(fingerprints.Embedded()) })

func rules(t *testing.T) *fingerprints.Set {
	t.Helper()
	set, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// sweeping is the asking half of a sweep.
type sweeping struct {
	set   *fingerprints.Set
	asker *probes.Asker
	judge *mapper.Mapper
	moved map[netip.AddrPort]netip.AddrPort
}

// host asks port by port and is told of the ports before, as package minesweep
// does it.
func (s sweeping) host(ctx context.Context, h Simulated) (minesweep.Host, error) {
	o := minesweep.Observation{Address: h.Address, PortsSwept: len(swept)}
	for i, p := range h.ports() {
		open := minesweep.OpenPort{Target: netip.AddrPortFrom(h.Address, p)}
		if to, ok := s.moved[open.Target]; ok {
			open.Target = to
		}
		o.Ports = append(o.Ports, open)
		if i >= 16 {
			continue
		}
		known := minesweep.Known{Replies: o.Replies}
		known.Confirmed = slices.ContainsFunc(s.set.Judge(o.Replies), func(e minesweep.Evidence) bool { return e.Strength == minesweep.Confirm })
		replies, err := s.asker.Ask(ctx, open, known)
		if err != nil {
			return minesweep.Host{}, err
		}
		o.Replies = append(o.Replies, replies...)
	}
	o.Evidence = s.set.Judge(o.Replies)
	return s.judge.Assess(o), nil
}

// elsewhere moves hosts to a second octet of this process's own: a demo or
// another run of the tests may be on this machine.
func elsewhere(hosts []Simulated) {
	for i := range hosts {
		a := hosts[i].Address.As4()
		a[1] = byte(96 + os.Getpid()%128)
		hosts[i].Address = netip.AddrFrom4(a)
	}
}

// TestDemoIsFound sweeps the demo with minesweep's own questions: each host
// must be found to be what its recording says.
func TestDemoIsFound(t *testing.T) {
	t.Parallel()
	hosts := demo(t)
	found, _ := sweepLab(t, hosts)
	for _, h := range hosts {
		if err := h.Device.Check(found[h.Address]); err != nil {
			t.Errorf("%s, a sweep finds something else (if minesweep leaves the question out, say so in unasked): %v",
				h.Address, err)
		}
	}
}

func TestFleet(t *testing.T) {
	hosts, err := Fleet(netip.MustParsePrefix("127.0.5.0/24"), 200)
	if err != nil {
		t.Fatal(err)
	}
	if hosts[0].Address.String() != "127.0.5.1" || hosts[199].Address.String() != "127.0.5.200" {
		t.Errorf("from %s to %s", hosts[0].Address, hosts[199].Address)
	}
	seen := make(map[string]bool)
	for _, h := range hosts {
		for _, id := range []string{h.Device.Want.MAC, h.Device.Want.Serial, h.Device.Want.Worker} {
			if len(id) >= leastDistinct && seen[id] {
				t.Errorf("%s: %s stands on another host too", h.Address, id)
			}
			seen[id] = true
		}
	}
	if _, err := Fleet(netip.MustParsePrefix("127.0.5.0/28"), 200); err == nil || err.Error() != "lab: 127.0.5.0/28 has no room for 200 devices" {
		t.Errorf("a /28 for 200: %v", err)
	}
}

// TestVariedDevicesAreJudgedAsTheyWant holds specimens before the fingerprints,
// as recorded answers and without a connection.
func TestVariedDevicesAreJudgedAsTheyWant(t *testing.T) {
	devices, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	set := rules(t)
	judge, err := mapper.New(mapper.Config{Key: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		if d.Want.Verdict != minesweep.Confirmed {
			continue
		}
		v := vary(d, 11)
		replies := slices.Clone(d.Replies)
		for i, x := range v.Sections {
			replies[i].Raw = []byte(x.Text)
			if a := framed(x); len(a.raw) > 4 && string(a.raw[:4]) == "HTTP" {
				replies[i].Raw = a.raw
			}
		}
		h := judge.Assess(minesweep.Observation{Replies: replies, Evidence: set.Judge(replies)})
		if err := v.Check(h); err != nil {
			t.Error(err)
		}
	}
}

func TestVary(t *testing.T) {
	rate := 184551000.0
	d := recordings.Device{
		Want: &recordings.Want{MAC: "02:ab:cd:00:00:fe", Serial: "HTX0042", Worker: "acct/rig", Hashrate: &rate},
		Sections: []recordings.Section{{Text: `{"mac":"02:AB:CD:00:00:FE","m":"02abcd0000fe","sn":"HTX0042","user":"acct\/rig",` +
			`"r":"184551;2219;3","khs":184551.0,"no":1845512,"zero":"00:00:00:00:00:00"}`}},
	}
	v := vary(d, 1)
	want := `{"mac":"02:AB:CD:00:01:05","m":"02abcd000105","sn":"HTX0043","user":"acct\/rigx1",` +
		`"r":"188242;2219;3","khs":188242.0,"no":1845512,"zero":"00:00:00:00:00:00"}`
	if v.Sections[0].Text != want {
		t.Errorf("got  %s\nwant %s", v.Sections[0].Text, want)
	}
	w := v.Want
	if w.MAC != "02:ab:cd:00:01:05" || w.Serial != "HTX0043" || w.Worker != "acct/rigx1" || *w.Hashrate != 188242000 {
		t.Errorf("wants %s %s %s %g", w.MAC, w.Serial, w.Worker, *w.Hashrate)
	}
	if d.Want.Serial != "HTX0042" || d.Sections[0].Text == want {
		t.Error("the recording itself was changed")
	}
}
