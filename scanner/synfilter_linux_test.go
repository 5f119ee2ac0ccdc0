package scanner

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
)

// The kernel must let through what the engine reads, and not much else.
func TestFilterTakesAnswersOnly(t *testing.T) {
	p := newProof(1, 2, testPorts)
	for _, c := range []struct {
		source, target string
		program        []bpf.Instruction
	}{{"192.168.250.1", "100.64.3.4", filter4(testPorts)}, {"fd00:1::1", "fd00:2::7", filter6(testPorts)}} {
		vm, err := bpf.NewVM(c.program)
		if err != nil {
			t.Fatal(err)
		}
		probe := probeFor(p, addressFor(c.source), addressFor(c.target), 4028, 9)
		for flags := range 64 {
			b := reply(probe, byte(flags), 100, []byte{2, 4, 5, 180})
			n, err := vm.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			want := flags&flagACK != 0 && flags&(flagSYN|flagRST) != 0
			if _, reads := readAnswer(b); (n == keep) != want || reads != want {
				t.Errorf("%s: flags %#x: the filter keeps %d, the reader %v", c.target, flags, n, reads)
			}
		}
		checkFilterPorts(t, vm, probe, c.target)
	}
}

func checkFilterPorts(t *testing.T, vm *bpf.VM, probe []byte, target string) {
	t.Helper()
	for port, want := range map[uint16]int{60999: 0, 61000: keep, 61063: keep, 61064: 0} {
		b := reply(probe, flagSYN|flagACK, 100, nil)
		binary.BigEndian.PutUint16(b[len(b)-20+2:], port)
		if n, err := vm.Run(b); err != nil || n != want {
			t.Errorf("%s: port %d: the filter keeps %d, %v", target, port, n, err)
		}
	}
}
