package scanner

import (
	"fmt"
	"strconv"
	"strings"
)

// tier1 are the ports of the first pass: where a miner, its web page or a pool
// is found most often.
var tier1 = [...]uint16{4028, 80, 443, 3333, 4067, 4068, 8080, 18081, 8545, 4433, 6060}

// ranked are all ports worth trying, the most telling first.
var ranked = [...]uint16{
	4028, // cgminer API of nearly every ASIC
	80,   // web pages of ASICs
	3333, // Stratum v1, Claymore-style API
	443, 4433,
	8080, // XMRig, lolMiner, pool pages
	6060, // Bitmain's test page
	4067, 4068,
	18081, 18089, // monerod
	8545, // geth
	14444, 22333, 44444, 42000, 20000, 42010, 10555, 21550, 21555,
	9090, 3335, 3336, 60050, 60060, 60070, 65078, 4014, 5000, 1880,
	4444, 5555, // Stratum, second choices
	50051,             // Braiins OS
	8332, 9332, 22555, // Bitcoin family
	34254, 34255, // Stratum V2
	23334, 7152, 8117, 8008, 8888, 4000, 4029, 8359, 9588,
	37889, 37888, 16110, 17110, 18110,
	8444, 8447, 8448, 8555, 8559, 8560, // Chia
	4048, 4011, 4069, 3434, 7111, 3456, 18000, 5777, 16666, 7777, 21496, 3334,
	4030, 4058, 4005, 2222, 6099, 5008, 1234, 3339, 3001, 3999, // miners and managers, second choices
	81, 8000, 8443, 18088, // web pages, XMRig
	3337, 3433, 3533, 5550, 9999, 8088, 8001, 2114, // pools and bridges
	34264, 34265, 8442, // Stratum V2, the rest of it
	2345, 8546, 8547, 8232, 8334, 8766, 9998, 12037, // nodes
	14037, 18332, 18334, 18443, 18556, 19332, 19443, // nodes of test networks
}

// Tier1 returns the ports of the first pass, most telling first.
func Tier1() []uint16 { return append([]uint16(nil), tier1[:]...) }

// AllTiers returns every port worth trying, most telling first; it holds Tier1.
func AllTiers() []uint16 { return append([]uint16(nil), ranked[:]...) }

// ParsePorts reads ports as nmap writes them: "80,443,8000-8100", "-100" (from
// 1), "60000-" (to 65535), "-" (all); the words tier1 and all-tiers may stand
// among them. Each port comes once, in the order of first mention.
func ParsePorts(s string) ([]uint16, error) {
	var out []uint16
	var seen [1 << 16]bool
	add := func(port uint16) {
		if !seen[port] {
			seen[port] = true
			out = append(out, port)
		}
	}
	for part := range strings.SplitSeq(s, ",") {
		if err := addPorts(strings.TrimSpace(part), add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addPorts(part string, add func(uint16)) error {
	switch part {
	case "tier1":
		for _, port := range tier1 {
			add(port)
		}
		return nil
	case "all-tiers":
		for _, port := range ranked {
			add(port)
		}
		return nil
	}
	from, to, err := portRange(part)
	if err != nil {
		return err
	}
	for port := from; port <= to; port++ {
		add(uint16(port))
	}
	return nil
}

func portRange(part string) (from, to int, err error) {
	first, last, isRange := strings.Cut(part, "-")
	if from, err = portNumber(part, first, 1, isRange); err != nil {
		return 0, 0, err
	}
	if !isRange {
		return from, from, nil
	}
	if to, err = portNumber(part, last, 1<<16-1, true); err != nil {
		return 0, 0, err
	}
	if to < from {
		return 0, 0, fmt.Errorf("ports %q end before they begin, write for example 8000-8100", clip(part))
	}
	return from, to, nil
}

// portNumber reads one end of a range; where it is open, missing stands for it.
func portNumber(part, number string, missing int, open bool) (int, error) {
	if number == "" && open {
		return missing, nil
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port from 1 to 65535 or a range of them, write for example 80,443,8000-8100", clip(part))
	}
	return int(n), nil
}

// clip shortens a stranger's text for an error sentence.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
