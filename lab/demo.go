package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"minesweep"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// Demo returns the network of the demonstration: every mining device of the
// embedded recordings that a sweep can question, some of them twice with other
// identities, every innocent one, more of the innocents that are common, and
// decoys of every [Behaviour]. They lie mixed in 127.77.0.0/24 to
// 127.77.2.0/24 between .10 and .249.
func Demo() ([]Simulated, error) {
	devices, err := embedded()
	if err != nil {
		return nil, err
	}
	hosts := slices.Concat(mining(devices), innocents(devices), behaving())
	if len(hosts) > maxDemo {
		return nil, fmt.Errorf("lab: %d hosts, the demo has room for %d", len(hosts), maxDemo)
	}
	for i := range hosts {
		hosts[i].Address = demoAddress(i)
	}
	return hosts, nil
}

// maxDemo hosts fit into three /24s between .10 and .249.
const maxDemo = 3 * 240

// demoAddress spreads hosts over the three /24s and leaves gaps while it can.
func demoAddress(i int) netip.Addr {
	row := i / 3
	last := 10 + row*3
	if row >= 80 {
		last = 10 + (row-80)%80*3 + row/80
	}
	return netip.AddrFrom4([4]byte{127, 77, byte(i % 3), byte(last)})
}

func embedded() ([]recordings.Device, error) {
	devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return slices.DeleteFunc(devices, func(d recordings.Device) bool { return d.Want == nil || len(d.Sections) == 0 }), nil
}

// mining returns one of each mining device, and a second of every third kind.
func mining(devices []recordings.Device) []Simulated {
	var out []Simulated
	for i, d := range devices {
		if d.Want.Verdict != minesweep.Confirmed || !answersFirst(d) || unasked[d.Name] != "" {
			continue
		}
		out = append(out, Simulated{Device: d})
		if i%3 == 0 {
			out = append(out, Simulated{Device: vary(d, i+1)})
		}
	}
	return out
}

// unasked are devices of which the recording holds what a sweep does not ask
// for, or lacks what a sweep asks first: played to a sweep they would be less
// than they are. Each says why.
var unasked = map[string]string{
	"asic-antminer-text":        "text is asked of who answers no JSON at all",
	"asic-auradine":             "names its firmware by whatever report sorts first",
	"asic-auradine-devs":        "its mode is asked of nobody",
	"asic-auradine-temperature": "its temperature is asked of nobody",
	"asic-avalon-config":        "its config is asked of nobody",
	"asic-elphapex-dg1plus":     "its report is asked of nobody",
	"asic-honorknight-k21":      "its overview is asked where 4028 was heard first",
	"asic-aixin-a1":             "its overview is asked where 4028 was heard first",
	"asic-cheetah-f5":           "its overview is asked where 4028 was heard first",
	"asic-honorknight-k5":       "its overview is asked where 4028 was heard first",
	"asic-vnish-model":          "its model page is asked of nobody",
	"asic-ebang-e12-status":     "its status is behind a login",
	"asic-jasminer-x16q":        "its report is behind a login, and asked by POST",
	"asic-avalon-nano":          "recorded without its version",
	"asic-whatsminer-edevs":     "its edevs is asked of nobody, devs say the same",
}

// answersFirst reports whether a sweep, at one of the device's ports, opens
// with a question that the recording answers. A recording of a program's other
// answers alone cannot be played to a stranger.
func answersFirst(d recordings.Device) bool {
	return slices.ContainsFunc(d.Sections, func(x recordings.Section) bool {
		return x.Text != "" && slices.Contains(swept, x.Port) && opens(x.Probe, x.Port)
	})
}

func opens(probe string, port uint16) bool {
	family, _, _ := strings.Cut(probe, "/")
	if port == 4028 && (family == "cgminer" || family == "whatsminer") {
		return true // its error to any question leads to the others
	}
	for _, p := range probes.All {
		if slices.Contains(p.Ports, port) {
			return p.Name == probe
		}
	}
	return slices.Contains([]string{probes.Banner, "http/", "stratum/subscribe"}, probe)
}

// common are innocents of which any network has several.
var common = []string{"innocent-nginx", "innocent-apache", "innocent-sshd", "innocent-redis", "innocent-openwrt-luci"}

// demoInnocents is about how many kinds of innocents the demo shows; there are
// far more, see [Innocents].
const demoInnocents = 50

// innocents returns some hosts that do not mine, and two more of the common
// ones.
func innocents(devices []recordings.Device) []Simulated {
	all := slices.DeleteFunc(slices.Clone(devices), func(d recordings.Device) bool {
		return d.Want.Verdict != minesweep.Unidentified && d.Want.Verdict != minesweep.Silent
	})
	stride := max(1, len(all)/demoInnocents)
	var out []Simulated
	for i, d := range all {
		if i%stride != 0 && !slices.Contains(common, d.Name) {
			continue
		}
		d = housed(d, len(out))
		out = append(out, Simulated{Device: d})
		if slices.Contains(common, d.Name) {
			out = append(out, Simulated{Device: d}, Simulated{Device: d})
		}
	}
	return out
}

// housed moves a service that stands on no swept port to one of the guest
// ports, all its sections of one port together.
func housed(d recordings.Device, i int) recordings.Device {
	d.Sections = slices.Clone(d.Sections)
	to := make(map[uint16]uint16)
	for k, x := range d.Sections {
		if slices.Contains(swept, x.Port) {
			continue
		}
		if to[x.Port] == 0 {
			to[x.Port] = guest[(i+len(to))%len(guest)]
		}
		d.Sections[k].Port = to[x.Port]
	}
	return d
}

// behaving returns the decoys and the silent.
func behaving() []Simulated {
	decoy, silent := minesweep.DecoyHost, minesweep.Silent
	return []Simulated{
		behaves("echo", Echo, decoy, 3333, 4028, 8888),
		behaves("tarpit", Tarpit, decoy, 4028),
		behaves("endless-banner", EndlessBanner, decoy, 4444),
		behaves("everything-open", SameBytes, decoy, swept...),
		behaves("mute", Mute, silent, 3333),
		behaves("reset", Reset, silent, 80, 4028),
	}
}

func behaves(name string, b Behaviour, v minesweep.Verdict, ports ...uint16) Simulated {
	return Simulated{
		Device:    recordings.Device{Name: name, Want: &recordings.Want{Verdict: v}},
		Behaviour: b, Ports: ports,
	}
}

// Fleet returns n mining devices on the first n addresses of the prefix after
// its first: every ASIC that a sweep's first pass finds in turn, each with its
// own MAC, serial and worker and a hashrate a little off.
func Fleet(prefix netip.Prefix, n int) ([]Simulated, error) {
	devices, err := embedded()
	if err != nil {
		return nil, err
	}
	kinds := fleetKinds(devices)
	if len(kinds) == 0 {
		return nil, errors.New("lab: no recording of a mining device")
	}
	hosts := make([]Simulated, n)
	for i := range hosts {
		hosts[i].Device = vary(kinds[(i*stride)%len(kinds)], i)
	}
	return hosts, place(hosts, prefix)
}

// stride mixes the makes, which stand together by name: a prime, so that every
// kind comes before one comes twice.
const stride = 1009

// firstPass are the ports that a sweep tries unless it is told others; a fleet
// stands on these, so that any sweep finds all of it.
var firstPass = []uint16{4028, 80, 443, 3333, 4067, 4068, 8080, 18081, 8545, 4433, 6060}

func fleetKinds(devices []recordings.Device) []recordings.Device {
	var asics []recordings.Device
	for _, d := range devices {
		far := slices.ContainsFunc(d.Sections, func(x recordings.Section) bool { return !slices.Contains(firstPass, x.Port) })
		if d.Want.Verdict == minesweep.Confirmed && d.Want.Class == minesweep.ASIC && !far && answersFirst(d) && unasked[d.Name] == "" {
			asics = append(asics, d)
		}
	}
	return asics
}
