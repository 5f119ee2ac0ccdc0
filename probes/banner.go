package probes

// bannerProbes send nothing. The ports here speak binary protocols that would
// make nothing of our questions, and may ban who sends them: Stratum V2
// (34254 pool, 34255 translator), p2pool's peers, Chia's peers.
var bannerProbes = []Probe{
	{Name: Banner, Framing: Greeting, Ports: []uint16{8444, 8447, 8448, 34254, 34255, 37888, 37889}},
}
