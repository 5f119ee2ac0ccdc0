package fingerprints_test

import (
	"net/netip"
	"testing"

	"minesweep"
)

// TestReadsStayWithTheirPort: beside a miner another program answers with keys
// of the same names; what it says is not the miner's.
func TestReadsStayWithTheirPort(t *testing.T) {
	set := load(t)
	reply := func(port uint16, probe, body string) minesweep.Reply {
		return minesweep.Reply{Target: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), Probe: probe,
			Raw: []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)}
	}
	miner := `{"worker_id":"w","kind":"miner","ua":"XMRig/6.21.3","version":"6.21.3","hashrate":{"total":[100.5,null,null]},"connection":{"pool":"pool.example:3333"}}`
	other := `{"uptime":99999,"algo":"none","connection":{"pool":"other.example:1"},"hashrate":{"total":[7]}}`
	for _, ports := range [][2]uint16{{18088, 8080}, {8080, 18088}} {
		evidence := set.Judge([]minesweep.Reply{reply(ports[0], "http/2/summary", miner), reply(ports[1], "http/", other)})
		c := best(evidence)
		if c.UptimeS != nil || c.Algorithm == "none" || c.Pool != "pool.example:3333" || c.Hashrate == nil || *c.Hashrate != 100.5 {
			t.Errorf("miner on %d: uptime %v, algorithm %q, pool %q", ports[0], c.UptimeS, c.Algorithm, c.Pool)
		}
	}
}
