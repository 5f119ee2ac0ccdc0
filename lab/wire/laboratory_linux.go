package wire

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Options are what the laboratory is like. The zero value is usual.
type Options struct {
	// Resolve leaves neighbours to ARP and neighbour discovery; else both ends
	// know each other for good.
	Resolve bool
	// NoGRO turns generic receive offload off on near0.
	NoGRO bool
}

// Lab is two joined networks. Its methods may be called from several goroutines,
// but for Answer and Close.
type Lab struct {
	near, far *namespace
	pass      *ebpf.Program // on near0
	passing   link.Link
	answering link.Link // on far0
	station   *station
}

// New makes the networks and puts a responder on far0 that answers nothing. It
// needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF).
func New(o Options) (lab *Lab, err error) {
	l := &Lab{}
	defer func() {
		if err != nil {
			_ = l.Close()
			lab, err = nil, fmt.Errorf("scan laboratory: %w", err)
		}
	}()
	if l.near, err = newNamespace(); err != nil {
		return nil, err
	}
	if l.far, err = newNamespace(); err != nil {
		return nil, err
	}
	if err = connect(l.near, l.far, o.Resolve); err != nil {
		return nil, err
	}
	if err = l.near.press(NearDevice); err != nil {
		return nil, err
	}
	err = errors.Join(l.near.set(NearDevice, false, setTxChecksum, setTSO, setGSO),
		l.far.set(FarDevice, false, setTxChecksum, setTSO, setGSO), l.SetGRO(!o.NoGRO))
	if err != nil {
		return nil, err
	}
	// A veth takes what its peer sends back by XDP_TX only while it polls, and
	// a program of its own makes it.
	if l.pass, err = load("wire_pass", passProgram()); err != nil {
		return nil, err
	}
	if l.passing, err = l.near.attach(l.pass, NearDevice); err != nil {
		return nil, err
	}
	return l, l.Answer(Responder{})
}

// Close takes everything down. Programs that run inside keep their network.
func (l *Lab) Close() error {
	var errs []error
	for _, c := range []link.Link{l.answering, l.passing} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if l.pass != nil {
		errs = append(errs, l.pass.Close())
	}
	if l.station != nil {
		l.station.close()
	}
	for _, n := range []*namespace{l.near, l.far} {
		if n != nil {
			n.close()
		}
	}
	return errors.Join(errs...)
}

func (n *namespace) attach(program *ebpf.Program, device string) (l link.Link, err error) {
	err = n.Inside(func() error {
		dev, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		l, err = link.AttachXDP(link.XDPOptions{Program: program, Interface: dev.Index, Flags: link.XDPDriverMode})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("XDP on %s: %w", device, err)
	}
	return l, nil
}

// Networks returns the scanner's and the targets' network. They are closed with
// the laboratory.
func (l *Lab) Networks() (near, far *Network) { return l.near.Network, l.far.Network }

// Near runs f in the scanner's network. Sockets and processes that f makes stay
// there; goroutines that it starts do not run there.
func (l *Lab) Near(f func() error) error { return l.near.Inside(f) }

// Far runs f in the targets' network, likewise.
func (l *Lab) Far(f func() error) error { return l.far.Inside(f) }

// Start starts cmd in the scanner's network. It dies with this process.
func (l *Lab) Start(cmd *exec.Cmd) error { return l.near.Start(cmd) }

// SetGRO turns generic receive offload of near0 on or off.
func (l *Lab) SetGRO(on bool) error { return l.near.set(NearDevice, on, setGRO) }

// Lost is what the cable dropped since it was made.
type Lost struct {
	Probes  uint64 // near0 could not hand over
	Answers uint64 // far0 could not send back, near0 did not poll fast enough
}

// Lost reads the devices' counters.
func (l *Lab) Lost() (lost Lost, err error) {
	near, err := l.near.netlink.LinkByName(NearDevice)
	if err != nil {
		return Lost{}, err
	}
	far, err := l.far.netlink.LinkByName(FarDevice)
	if err != nil {
		return Lost{}, err
	}
	return Lost{near.Attrs().Statistics.TxDropped, far.Attrs().Statistics.TxDropped}, nil
}

// Now reads the clock that timelines are kept by.
func Now() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail on Linux
	return time.Duration(ts.Nano())
}
