package mapper

import "minesweep"

// fillState tells mining from idle by the hashrate where no rule said more. A
// device that says it mines and makes nothing is idle. Sleeping and tuning
// stay, whatever an average still shows. Only what works itself has such a
// state: a node or a pool serves others.
func fillState(h *minesweep.Host) {
	if !worksItself(h.Class) || h.Hashrate == nil || h.Verdict != minesweep.Confirmed {
		return
	}
	switch {
	case *h.Hashrate == 0 && (h.State == "" || h.State == "mining"):
		h.State = "idle"
	case *h.Hashrate > 0 && h.State == "":
		h.State = "mining"
	}
}

func worksItself(c minesweep.Class) bool {
	switch c {
	case minesweep.ASIC, minesweep.GPUMiner, minesweep.CPUMiner, minesweep.HomeMiner:
		return true
	}
	return false
}

// requests counts the questions that were put. A recording may lack the bytes
// that were sent; its reply is still the answer to a question.
func requests(replies []minesweep.Reply) int {
	n := 0
	for _, r := range replies {
		if len(r.Request) > 0 || r.Probe != "banner" && r.Probe != sieved && r.Refused == "" {
			n++
		}
	}
	return n
}
