package probes

// sv2Ports are Stratum V2's own: 34254 pool, 34255 translator, 34264 and 34265
// job declaration, 8442 template provider.
var sv2Ports = []uint16{34254, 34255, 34264, 34265, 8442}

// sv2Probes begin the Noise handshake and leave it there. A responder answers
// with 234 bytes exactly.
var sv2Probes = []Probe{
	{Name: "sv2/handshake", Request: sv2Handshake, Framing: Act, Ports: sv2Ports, Limit: 1 << 10},
}
