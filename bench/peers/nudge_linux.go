package main

import (
	"context"
	"net"
	"net/netip"
	"time"

	"minesweep/lab/wire"
)

// nudge sends a datagram to the scanner's end each tenth of a second until ctx
// ends. masscan looks whether it is to stop only when it gets a packet, and in a
// network as silent as this one it would wait for ever.
func (g *ground) nudge(ctx context.Context) error {
	var from net.PacketConn
	err := g.lab.Far(func() (err error) {
		from, err = new(net.ListenConfig).ListenPacket(ctx, "udp4", netip.AddrPortFrom(wire.FarAddr(), 0).String())
		return err
	})
	if err != nil {
		return err
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(wire.NearAddr(), 9)) // discard
	go func() {
		defer func() { _ = from.Close() }()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = from.WriteTo([]byte("wake up"), to) // nobody listens, which it may be told
			}
		}
	}()
	return nil
}
