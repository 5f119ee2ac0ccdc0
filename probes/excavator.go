package probes

// excavatorProbes are reads of NiceHash Excavator (3456) and of QuickMiner,
// which runs it (18000).
var excavatorProbes = []Probe{
	{Name: "excavator/subscribe.info", Request: excavatorSubscribeInfo, Framing: Answer, Ports: []uint16{3456, 18000}},
	{Name: "excavator/algorithm.list", Request: excavatorAlgorithmList, Framing: Answer},
}
