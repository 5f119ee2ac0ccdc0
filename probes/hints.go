package probes

import (
	"slices"
)

// maxHandshakes bounds the connections that are spent on finding out what a
// port speaks; five find nearly all there is to find (Izhikevich and others,
// LZR, 2021). Of a host that is known to mine, a further port gets fewer.
const (
	maxHandshakes       = 5
	maxHandshakesMining = 2
)

// opening is the order of questions to a port that hints at nothing, by what
// separates most: nearly everything answers GET with something, and cgminer's
// API answers it with an error of its own; what hates GET comes after it.
var opening = []string{
	"http/",
	"cgminer/version",
	"stratum/subscribe",
	"claymore/miner_getstat1",
	"ccminer/summary",
}

// bitmainTestPort is where Bitmain's firmware serves its factory tests.
const bitmainTestPort = 6060

// tlsPorts are asked inside TLS first.
var tlsPorts = []uint16{443, whatsminer3Port, 8443}

// talkative are hinted ports whose servers may speak first: SSH on a port that
// DSTM's zm took, lolMiner's old reports, notices of pools.
var talkative = []uint16{2222, 3333, 4444, 5555, 8080, 44444, 4069}

// reserved lists ports on which nothing else may be asked, whatever an answer
// suggests: on Bitmain's test port a GET of another path changes settings, so
// that where nothing speaks for Bitmain it is only listened to, and Elphapex's
// management port has no documented reads.
func reserved(port uint16, k known) []string {
	switch {
	case port == bitmainTestPort && k.mayBeAntminer():
		return []string{"http/productName", "http/get_sn"}
	case port == bitmainTestPort, port == 9588, slices.Contains(bannerProbes[0].Ports, port):
		return []string{Banner}
	case slices.Contains(sv2Ports, port):
		return []string{"stratum/subscribe", "sv2/handshake", "http/"}
	}
	return nil
}

// openingOf returns the questions that a port is to be asked until an answer
// settles what it speaks, and whether the first of them is hinted.
func openingOf(port uint16, k known) (keys []string, hinted bool) {
	for _, p := range All {
		if slices.Contains(p.Ports, port) {
			keys = append(keys, p.key())
		}
	}
	if port == whatsminer3Port && !k.mayBeWhatsminer() {
		keys = nil
	}
	hinted = len(keys) > 0
	switch only := reserved(port, k); {
	case port == bitmainTestPort, len(only) == 1:
		return only[:1], true
	case only != nil:
		return keys, true
	}
	for _, name := range opening {
		if !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
	}
	return keys[:min(len(keys), handshakes(port, k))], hinted
}

// handshakes returns how many questions may open a port. Where pools listen one
// is left for TLS: on silence the first question is put once more inside it.
func handshakes(port uint16, k known) int {
	switch {
	case k.Confirmed, port == whatsminer3Port && k.mayBeWhatsminer():
		return maxHandshakesMining
	case slices.Contains(cgminerPorts, port):
		return maxHandshakes - 1 // who is silent here has nothing to say to pools' words
	case slices.Contains(stratumPorts, port):
		return maxHandshakes - 1
	}
	return maxHandshakes
}
