package scanner

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/Mzack9999/gopacket"
	"github.com/Mzack9999/gopacket/layers"
)

var testPorts = portSpan{61000, 61063}

func addressFor(text string) address { return addressOf(netip.MustParseAddr(text)) }

// Each probe is read back by another implementation, which also checks sums.
func TestFrameIsWhatItSaysToOthers(t *testing.T) {
	for _, c := range []struct{ source, target string }{
		{"192.168.250.1", "100.64.3.4"}, {"255.255.255.254", "223.255.255.255"}, {"10.0.0.1", "1.0.0.0"},
		{"fd00:1::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}, {"2001:db8::1", "fd00:2::"},
	} {
		source, target := addressFor(c.source), addressFor(c.target)
		b := make([]byte, maxFrame)
		b = b[:newFrame().write(b, source, target, 61007, 4028, 0xfffefdfc)]
		kind := layers.LayerTypeIPv4
		if !target.is4() {
			kind = layers.LayerTypeIPv6
		}
		packet := gopacket.NewPacket(b, kind, gopacket.Default)
		tcp, ok := packet.TransportLayer().(*layers.TCP)
		if !ok || packet.ErrorLayer() != nil {
			t.Fatalf("%s: %v", c.target, packet)
		}
		flow := packet.NetworkLayer().NetworkFlow()
		if flow.Src().String() != c.source || flow.Dst().String() != c.target || !tcp.SYN || tcp.ACK || tcp.RST ||
			tcp.SrcPort != 61007 || tcp.DstPort != 4028 || tcp.Seq != 0xfffefdfc || len(tcp.Options) != 1 {
			t.Errorf("%s: %v", c.target, packet)
		}
		if again := resum(t, packet); !bytes.Equal(again, b) {
			t.Errorf("%s: checksums differ:\n%x\n%x", c.target, b, again)
		}
	}
}

// resum writes the packet once more with sums that gopacket makes.
func resum(t *testing.T, packet gopacket.Packet) []byte {
	t.Helper()
	out := gopacket.NewSerializeBuffer()
	tcp := packet.TransportLayer().(*layers.TCP)
	if err := tcp.SetNetworkLayerForChecksum(packet.NetworkLayer()); err != nil {
		t.Fatal(err)
	}
	err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{ComputeChecksums: true},
		packet.NetworkLayer().(gopacket.SerializableLayer), tcp)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reply makes the answer to a probe as a host would send it.
func reply(probe []byte, flags byte, window uint16, options []byte) []byte {
	be := binary.BigEndian
	head := ip4Header
	if probe[0]>>4 == 6 {
		head = ip6Header
	}
	b := append(bytes.Clone(probe[:head+20]), options...)
	tcp := b[head:]
	be.PutUint16(tcp, be.Uint16(probe[head+2:]))
	be.PutUint16(tcp[2:], be.Uint16(probe[head:]))
	be.PutUint32(tcp[4:], 7)
	be.PutUint32(tcp[8:], be.Uint32(probe[head+4:])+1)
	tcp[12], tcp[13] = byte(20+len(options))/4<<4, flags
	be.PutUint16(tcp[14:], window)
	if head == ip4Header {
		be.PutUint16(b[2:], uint16(len(b)))
		copy(b[12:], probe[16:20])
		copy(b[16:], probe[12:16])
		b[8] = 61
		return b
	}
	copy(b[8:], probe[24:40])
	copy(b[24:], probe[8:24])
	b[7] = 61
	return b
}

func probeFor(p *proof, source, target address, port uint16, slot uint64) []byte {
	own, sequence := p.own(source, target, port, slot)
	b := make([]byte, maxFrame)
	return b[:newFrame().write(b, source, target, own, port, sequence)]
}

func TestAnswersProveThemselves(t *testing.T) {
	p := newProof(1, 2, testPorts)
	mss := []byte{2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	for _, pair := range [][2]string{{"192.168.250.1", "100.64.3.4"}, {"fd00:1::1", "fd00:2::7"}} {
		source, target := addressFor(pair[0]), addressFor(pair[1])
		for slot := range uint64(slots) {
			a, ok := readAnswer(reply(probeFor(p, source, target, 4028, slot), flagSYN|flagACK, 29200, mss))
			if !ok || a.kind != saysOpen || a.target != target || a.source != source || a.port != 4028 ||
				a.stack.Window != 29200 || a.stack.Options != "MNWST" || a.stack.TTL != 61 {
				t.Fatalf("%+v %v", a, ok)
			}
			if got, ok := p.proves(a.source, a.target, a.port, a.own, a.ack); !ok || got != slot {
				t.Errorf("slot %d: proves says %d %v", slot, got, ok)
			}
			checkForgeries(t, p, a)
		}
		a, ok := readAnswer(reply(probeFor(p, source, target, 80, 0), flagRST|flagACK, 0, nil))
		if _, proved := p.proves(a.source, a.target, a.port, a.own, a.ack); !ok || a.kind != saysClosed || !proved {
			t.Errorf("RST: %+v %v %v", a, ok, proved)
		}
	}
}

// checkForgeries changes each part of an answer: none may still prove itself.
func checkForgeries(t *testing.T, p *proof, a heard) {
	t.Helper()
	for name, forged := range map[string]heard{
		"another host":   {target: a.target.plus(1), source: a.source, port: a.port, own: a.own, ack: a.ack},
		"another port":   {target: a.target, source: a.source, port: a.port + 1, own: a.own, ack: a.ack},
		"another source": {target: a.target, source: a.source.plus(1), port: a.port, own: a.own, ack: a.ack},
		"another slot":   {target: a.target, source: a.source, port: a.port, own: a.own ^ 1, ack: a.ack},
		"another number": {target: a.target, source: a.source, port: a.port, own: a.own, ack: a.ack + 1},
		"a foreign port": {target: a.target, source: a.source, port: a.port, own: 443, ack: a.ack},
	} {
		if _, ok := p.proves(forged.source, forged.target, forged.port, forged.own, forged.ack); ok {
			t.Errorf("%s was taken for an answer", name)
		}
	}
	if _, ok := newProof(1, 3, testPorts).proves(a.source, a.target, a.port, a.own, a.ack); ok {
		t.Error("an answer to a probe under another key was taken")
	}
}

func TestUnreachablesAreAboutOurProbe(t *testing.T) {
	p := newProof(1, 2, testPorts)
	for _, c := range []struct {
		router, source, target string
		head                   []byte
		kind, code             byte
	}{
		{"203.0.113.1", "192.168.250.1", "100.64.3.4", []byte{0x45, 0, 0, 64, 0, 0, 0, 0, 64, protoICMP, 0, 0}, 3, 13},
		{"fd00:9::1", "fd00:1::1", "fd00:2::7", []byte{0x60, 0, 0, 0, 0, 60, protoICMP6, 64}, 1, 1},
	} {
		source, target := addressFor(c.source), addressFor(c.target)
		probe := probeFor(p, source, target, 4028, 9)
		b := append(c.head, netip.MustParseAddr(c.router).AsSlice()...)
		b = append(b, netip.MustParseAddr(c.source).AsSlice()...)
		b = append(b, c.kind, c.code, 0, 0, 0, 0, 0, 0)
		b = append(b, probe...)
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		a, ok := readAnswer(b)
		if !ok || a.kind != saysUnreachable || a.target != target || a.source != source {
			t.Fatalf("%s: %+v %v", c.router, a, ok)
		}
		if slot, ok := p.proves(a.source, a.target, a.port, a.own, a.ack); !ok || slot != 9 {
			t.Errorf("%s: slot %d %v", c.router, slot, ok)
		}
		own := netip.MustParseAddr(c.source).AsSlice()
		copy(b[len(c.head):], own)
		if a, ok := readAnswer(b); ok {
			t.Errorf("this machine's own message was read: %+v", a)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	p := newProof(1, 2, testPorts)
	for _, target := range []string{"100.64.3.4", "fd00:2::7"} {
		source := addressFor("192.168.250.1")
		if target == "fd00:2::7" {
			source = addressFor("fd00:1::1")
		}
		f.Add(reply(probeFor(p, source, addressFor(target), 80, 3), flagSYN|flagACK, 0, []byte{2, 4, 5, 180}))
	}
	f.Add([]byte{0x45, 0, 0, 64, 0, 0, 0, 0, 64, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 3, 13, 0, 0, 0, 0, 0, 0, 0x4f})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := readAnswer(b)
		if ok && (a.kind < saysOpen || a.kind > saysUnreachable || len(a.stack.Options) > 40) {
			t.Errorf("%+v", a)
		}
	})
}

func BenchmarkProbe(b *testing.B) {
	p, f, buf := newProof(1, 2, testPorts), newFrame(), make([]byte, maxFrame)
	source, target := addressFor("192.168.250.1"), addressFor("100.64.3.4")
	for b.Loop() {
		own, sequence := p.own(source, target, 80, 3)
		f.write(buf, source, target, own, 80, sequence)
	}
}
