package probes

// getstatProbes are the reports of equihash miners: miniZ (20000), EWBF
// (42000), DSTM's zm (2222).
var getstatProbes = []Probe{
	{Name: "getstat/getstat", Request: getstatLine, Framing: Answer, Ports: getstatPorts},
}

var getstatPorts = []uint16{2222, 20000, 42000}
