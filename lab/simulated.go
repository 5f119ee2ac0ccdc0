package lab

import (
	"net/netip"
	"slices"

	"minesweep/recordings"
)

// Behaviour is what a host does in place of playing a recording.
type Behaviour string

// The behaviours. Recorded plays the device; the others need no recording.
const (
	Recorded      Behaviour = ""
	Echo          Behaviour = "echo"           // sends back each question
	Tarpit        Behaviour = "tarpit"         // drips byte by byte, without end
	EndlessBanner Behaviour = "endless-banner" // a line of noise every while, as endlessh sends before SSH
	SameBytes     Behaviour = "same-bytes"     // one answer for every question
	Mute          Behaviour = "mute"           // accepts and says nothing
	Reset         Behaviour = "reset"          // resets as soon as it has accepted
)

// Simulated is one host of the lab.
type Simulated struct {
	Address   netip.Addr
	Device    recordings.Device // its Sections are played; its Want is the truth
	Behaviour Behaviour
	Ports     []uint16 // for a Behaviour other than Recorded; a recording has its own
}

// ports returns the ports that the host listens on, in order, each once.
func (s Simulated) ports() []uint16 {
	out := slices.Clone(s.Ports)
	if s.Behaviour == Recorded {
		out = out[:0]
		for _, x := range s.Device.Sections {
			out = append(out, x.Port)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sections returns what the recording holds of one port.
func (s Simulated) sections(port uint16) []recordings.Section {
	var out []recordings.Section
	for _, x := range s.Device.Sections {
		if x.Port == port {
			out = append(out, x)
		}
	}
	return out
}
