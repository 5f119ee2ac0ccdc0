package minesweep

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"testing"
)

// TestPartIsTheSameForEver: stores hold these numbers.
func TestPartIsTheSameForEver(t *testing.T) {
	for addr, want := range map[string]uint8{
		"0.0.0.0": 0, "10.0.0.1": 146, "10.0.1.1": 181, "100.64.0.9": 43, "192.168.255.255": 127,
		"203.0.113.77": 176, "255.255.255.255": 185, "::1": 0, "2001:db8::1": 41, "2001:db8:0:1::1": 135, "fe80::1": 45,
	} {
		if got := Part(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is of part %d, want %d", addr, got, want)
		}
	}
}

func TestPartKeepsNetworksTogether(t *testing.T) {
	for _, pair := range [][2]string{
		{"10.1.2.0", "10.1.2.255"}, {"10.1.2.7", "::ffff:10.1.2.9"}, {"2001:db8:1:2::", "2001:db8:1:2:ffff::1"},
	} {
		if a, b := Part(netip.MustParseAddr(pair[0])), Part(netip.MustParseAddr(pair[1])); a != b {
			t.Errorf("%s is of part %d, %s of %d", pair[0], a, pair[1], b)
		}
	}
}

// TestPartsAreEven holds parts against what chance would give, for networks that
// lie together, and for the lanes that share the parts.
func TestPartsAreEven(t *testing.T) {
	kinds := map[string]func(uint32) netip.Addr{
		"in a row": func(i uint32) netip.Addr { return addr4(10<<24 + i<<8) },
		"each 4th": func(i uint32) netip.Addr { return addr4(10<<24 + i<<10) },
		"each /16": func(i uint32) netip.Addr { return addr4(i << 16) },
		"IPv6": func(i uint32) netip.Addr {
			var b [16]byte
			binary.BigEndian.PutUint32(b[:], 0x20010db8)
			binary.BigEndian.PutUint32(b[4:], i)
			return netip.AddrFrom16(b)
		},
	}
	const networks = 1 << 14
	for name, addr := range kinds {
		for _, lanes := range []int{2, 3, 7, 16, 256} {
			count := make([]int, lanes)
			for i := range uint32(networks) {
				count[int(Part(addr(i)))%lanes]++
			}
			square := 0.0 // chi-square, lanes-1 degrees of freedom
			for lane, n := range count {
				want := float64(networks) * float64((256-lane+lanes-1)/lanes) / 256
				square += (float64(n) - want) * (float64(n) - want) / want
			}
			if most := float64(lanes) + 8*math.Sqrt(2*float64(lanes)); square > most {
				t.Errorf("%s, %d lanes: %s are far from even, %.0f", name, lanes, fmt.Sprint(count), square)
			}
		}
	}
}

func addr4(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
