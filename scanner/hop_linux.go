package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// etherHeader is the start of an Ethernet frame: destination, source, EtherType.
type etherHeader [14]byte

// hop is one way out: a device, the addresses to send from and, on Ethernet
// behind a gateway, the header of the frames. All but the header stays as it
// was found.
type hop struct {
	index   int    // of the interface
	name    string // of the interface
	mtu     int
	sources []netip.Addr // at least one, all of one family; answers to them are heard
	gateway netip.Addr   // zero where the targets are on the link
	own     bool         // the targets are this machine's, behind its loopback device
	ether   bool         // frames can be built: an Ethernet device, and a gateway with a MAC
	frame   atomic.Pointer[etherHeader]
}

// header returns what a frame begins with, the newest that is known; nil where
// ether is false. It must not be written to.
func (h *hop) header() *etherHeader { return h.frame.Load() }

// setMACs makes the header anew and reports whether it changed.
func (h *hop) setMACs(gateway, own net.HardwareAddr) bool {
	next := &etherHeader{12: 0x08, 13: 0x00}
	if h.sources[0].Is6() {
		next[12], next[13] = 0x86, 0xdd
	}
	copy(next[0:6], gateway)
	copy(next[6:12], own)
	last := h.frame.Swap(next)
	return last == nil || *last != *next
}

// device is an interface as the kernel has it now.
type device struct {
	index    int
	name     string
	mtu      int
	mac      net.HardwareAddr
	ethernet bool // with addresses that ARP or NDP finds
	loopback bool
}

// newDevice reads link, and says in one sentence why nothing can leave by it.
func newDevice(link netlink.Link) (device, error) {
	a := link.Attrs()
	if a.RawFlags&unix.IFF_UP == 0 {
		return device{}, fmt.Errorf("interface %s is down: switch it on with ip link set %s up", a.Name, a.Name)
	}
	if a.RawFlags&unix.IFF_LOWER_UP == 0 {
		return device{}, fmt.Errorf("interface %s has no carrier: check its cable, or name another one by --interface", a.Name)
	}
	return device{
		index: a.Index, name: a.Name, mtu: a.MTU, mac: a.HardwareAddr,
		ethernet: a.EncapType == "ether" && len(a.HardwareAddr) == 6 && a.RawFlags&unix.IFF_NOARP == 0,
		loopback: a.RawFlags&unix.IFF_LOOPBACK != 0,
	}, nil
}
