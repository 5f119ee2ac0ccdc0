package scanner

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"go4.org/netipx"
	"golang.org/x/sys/unix"
)

// kernelWait bounds one question to the kernel, which answers at once if ever.
const kernelWait = 10 * time.Second

// kernel asks the kernel how packets leave, through one socket of one network
// namespace.
type kernel struct {
	handle  *netlink.Handle
	only    *device // the interface that the operator fixed; nil any
	sources []source
	devices map[int]device
	// A rule of the routing policy looks at the source: the way is asked for
	// with the source that will be in the packet.
	bySource  bool
	protected *netipx.IPSet // destinations under a policy of IPsec
}

func newKernel(cfg routeConfig) (*kernel, error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	k := &kernel{handle: handle, devices: make(map[int]device)}
	err = handle.SetSocketTimeout(kernelWait)
	if err == nil {
		err = k.configure(cfg)
	}
	if err != nil {
		handle.Close()
		return nil, err
	}
	return k, nil
}

func (k *kernel) configure(cfg routeConfig) error {
	if cfg.Interface != "" {
		link, err := k.handle.LinkByName(cfg.Interface)
		if err != nil {
			return fmt.Errorf("interface %q is unknown: ip link lists those of this machine", cfg.Interface)
		}
		only, err := newDevice(link)
		if err != nil {
			return err
		}
		k.only = &only
	}
	if err := k.findProtected(); err != nil {
		return err
	}
	return k.findSources(cfg.Sources)
}

// device returns the interface with this index, read once.
func (k *kernel) device(index int) (device, error) {
	if d, ok := k.devices[index]; ok {
		return d, nil
	}
	d, err := k.deviceNow(index)
	if err == nil {
		k.devices[index] = d
	}
	return d, err
}

func (k *kernel) deviceNow(index int) (device, error) {
	link, err := k.handle.LinkByIndex(index)
	if err != nil {
		return device{}, fmt.Errorf("interface %d is gone: %w", index, err)
	}
	return newDevice(link)
}

// borders returns where the entries of all routing tables and the rules of the
// routing policy begin and end, for the families among the targets.
func (k *kernel) borders(targets *netipx.IPSet) ([]netip.Addr, error) {
	borders := k.protectedBorders()
	for _, family := range familiesOf(targets) {
		var err error
		if borders, err = k.addRoutes(borders, family); err != nil {
			return nil, err
		}
		rules, err := k.handle.RuleList(family)
		if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
			return nil, fmt.Errorf("routing rules: %w", err)
		}
		for _, rule := range rules {
			k.bySource = k.bySource || rule.Src != nil
			borders = addBorders(borders, rule.Dst)
		}
	}
	return borders, nil
}

// addRoutes reads the routes of one family. A table that changed meanwhile is
// read again; one that never rests is taken as it is.
func (k *kernel) addRoutes(borders []netip.Addr, family int) ([]netip.Addr, error) {
	var err error
	for range 5 {
		found := slices.Clone(borders)
		err = k.handle.RouteListFilteredIter(family, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE,
			func(route netlink.Route) bool {
				found = addBorders(found, route.Dst)
				return true
			})
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return nil, fmt.Errorf("routes: %w", err)
		}
		borders = found
	}
	return borders, nil
}

func addBorders(borders []netip.Addr, dst *net.IPNet) []netip.Addr {
	if dst == nil {
		return borders
	}
	p, ok := netipx.FromStdIPNet(dst)
	if !ok || p.Bits() == 0 {
		return borders
	}
	return append(borders, bordersOf(p)...)
}

func familiesOf(targets *netipx.IPSet) []int {
	var families []int
	ranges := targets.Ranges()
	if len(ranges) > 0 && ranges[0].From().Is4() {
		families = append(families, netlink.FAMILY_V4)
	}
	if len(ranges) > 0 && ranges[len(ranges)-1].From().Is6() {
		families = append(families, netlink.FAMILY_V6)
	}
	return families
}
