package probes

// bannerProbes send nothing. The ports here speak binary protocols that would
// make nothing of our questions, and may ban who sends them: p2pool's peers,
// Chia's peers, which want a certificate.
var bannerProbes = []Probe{
	{Name: Banner, Framing: Greeting, Ports: []uint16{8444, 8447, 8448, 37888, 37889}},
}
