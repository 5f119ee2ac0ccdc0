package main

import (
	"net/netip"
	"testing"
	"time"

	"minesweep/lab"
)

func TestCompareQuestions(t *testing.T) {
	target := func(n byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, 64, 0, n}), 80) }
	at := time.Unix(1_700_000_000, 0)
	heard := []lab.Received{
		{Target: target(1), Bytes: make([]byte, 10), At: at},                                                      // once
		{Target: target(2), Bytes: make([]byte, 10), At: at}, {Target: target(2), Bytes: make([]byte, 7), At: at}, // again
		{Target: target(3), Bytes: make([]byte, 200), At: at}, {Target: target(3), Bytes: make([]byte, 10), Inside: true, At: at}, // by TLS
		{Target: target(4), Bytes: make([]byte, 10), At: at.Add(2 * time.Second)}, // after it was settled
		{Target: target(5), Bytes: make([]byte, 4), At: at},                       // more is stored than was heard
	}
	stored, settled := make(map[netip.AddrPort]int), make(map[netip.AddrPort]time.Time)
	for n := byte(1); n <= 5; n++ {
		stored[target(n)], settled[target(n)] = 10, at.Add(time.Second)
	}
	want := questions{heard: 51, stored: 50, again: 7, againAt: 1, settled: 1, unheard: 1}
	if got := compareQuestions(heard, stored, settled); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}
