package probes

// ethProxyPorts are where pools speak eth-proxy, in which work is given without
// a login: 8008 open-ethereum-pool, 8088 NiceHash's kind, 4444 ethermine's.
var ethProxyPorts = []uint16{8008, 8088, 4444}

// claymoreProbes are reads of Claymore's remote management, which
// PhoenixMiner, ethminer and TT-Miner copied; 4005 is NiceHash's relay.
var claymoreProbes = []Probe{
	{Name: "claymore/miner_getstat1", Request: claymoreGetstat1, Framing: Answer, Ports: []uint16{3333, 3334, 3335, 3336, 4005, 4444, 5555}},
	{Name: "claymore/miner_ping", Request: claymorePing, Framing: Answer},
	{Name: "claymore/eth_getWork", Request: claymoreGetWork, Framing: Answer, Ports: ethProxyPorts},
}
