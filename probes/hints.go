package probes

import "slices"

// maxHandshakes bounds the connections that are spent on finding out what a
// port speaks; five find nearly all there is to find (Izhikevich and others,
// LZR, 2021). maxRequests bounds all requests to one port.
const (
	maxHandshakes = 5
	maxRequests   = 12
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
var tlsPorts = []uint16{443, 4433, 8443}

// reserved lists ports on which nothing else may be asked, whatever an answer
// suggests: on Bitmain's test port a GET of another path changes settings, and
// Elphapex's management port has no documented reads.
func reserved(port uint16) []string {
	switch {
	case port == bitmainTestPort:
		return []string{"http/productName", "http/get_sn"}
	case slices.Contains(bannerProbes[0].Ports, port), port == 9588:
		return []string{Banner}
	}
	return nil
}

// openingOf returns the questions that a port is to be asked until an answer
// settles what it speaks, and whether the first of them is hinted.
func openingOf(port uint16) (names []string, hinted bool) {
	for _, p := range All {
		if slices.Contains(p.Ports, port) {
			names = append(names, p.Name)
		}
	}
	hinted = len(names) > 0
	if only := reserved(port); only != nil {
		return only[:1], true
	}
	for _, name := range opening {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names[:min(len(names), maxHandshakes)], hinted
}
