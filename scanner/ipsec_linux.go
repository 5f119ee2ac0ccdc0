package scanner

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"go4.org/netipx"
	"golang.org/x/sys/unix"
)

// findProtected notes the destinations that a policy of IPsec covers on their
// way out. Frames of our own would pass the policy by, in plain text. Where
// the policies may not be read (it needs CAP_NET_ADMIN) or the kernel has
// none, it takes none to be there.
func (k *kernel) findProtected() error {
	var b netipx.IPSetBuilder
	handle, err := netlink.NewHandle(unix.NETLINK_XFRM)
	if err == nil {
		defer handle.Close()
		for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
			policies, _ := handle.XfrmPolicyList(family)
			for _, p := range policies {
				if dst, ok := netipx.FromStdIPNet(p.Dst); ok && protects(p) {
					b.AddPrefix(dst)
				}
			}
		}
	}
	if k.protected, err = b.IPSet(); err != nil {
		return fmt.Errorf("policies of IPsec: %w", err)
	}
	return nil
}

// protects reports whether p does anything to packets that leave by an ordinary
// interface; one of an xfrm interface is found by routes.
func protects(p netlink.XfrmPolicy) bool {
	bypass := p.Action == netlink.XFRM_POLICY_ALLOW && len(p.Tmpls) == 0
	return p.Dir == netlink.XFRM_DIR_OUT && !bypass && p.Ifid == 0
}

// protectedBorders returns where protected destinations begin and end.
func (k *kernel) protectedBorders() []netip.Addr {
	var borders []netip.Addr
	for _, r := range k.protected.Ranges() {
		borders = append(borders, r.From())
		if next := r.To().Next(); next.IsValid() {
			borders = append(borders, next)
		}
	}
	return borders
}
