package probes

// anyByteProbes are for programs that report to whoever sends a byte or a word:
// rhminer (7111), Swarm (6099).
var anyByteProbes = []Probe{
	{Name: "rhminer/space", Request: rhminerSpace, Ports: []uint16{7111}},
	{Name: "stats/text", Request: statsText, Ports: []uint16{6099}},
}
