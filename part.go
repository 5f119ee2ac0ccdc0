package minesweep

import (
	"encoding/binary"
	"net/netip"
)

// Part returns a byte that spreads the /24s of IPv4 and the /64s of IPv6 evenly:
// all hosts of one network have the same, so whoever asks the open ports of one
// part sees whole networks. Stores keep it; it is the same for ever.
func Part(addr netip.Addr) uint8 {
	bytes := addr.Unmap().AsSlice()
	var h uint64
	if len(bytes) == 4 {
		h = uint64(binary.BigEndian.Uint32(bytes) >> 8)
	} else if len(bytes) == 16 {
		h = binary.BigEndian.Uint64(bytes)
	}
	// The end of MurmurHash3 (Appleby): each bit of the network changes half of the others.
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return uint8(h >> 56)
}
