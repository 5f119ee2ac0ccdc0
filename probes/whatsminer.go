package probes

// whatsminerProbes are reports of MicroBT's API, versions 1 and 2. Most devices
// are known by their error to cgminer/version; get_version is for those that
// have nothing to say to it.
var whatsminerProbes = []Probe{
	{Name: "whatsminer/get_version", Request: whatsminerGetVersion, Ports: []uint16{4028}},
	{Name: "whatsminer/summary", Request: whatsminerSummary},
	{Name: "whatsminer/devdetails", Request: whatsminerDevdetails},
	{Name: "whatsminer/pools", Request: whatsminerPools},
	{Name: "whatsminer/get_miner_info", Request: whatsminerGetMinerInfo},
	{Name: "whatsminer/status", Request: whatsminerStatus},
}

// whatsminer3Probes are reports of version 3 of that API.
var whatsminer3Probes = []Probe{
	{Name: "whatsminer3/get.device.info", Request: whatsminer3DeviceInfo, Framing: Frames, Ports: []uint16{whatsminer3Port}},
	{Name: "whatsminer3/get.miner.status", Request: whatsminer3Status, Framing: Frames, Limit: maxLimit},
	{Name: "whatsminer3/get.miner.status", Form: "summary", Request: whatsminer3StatusSummary, Framing: Frames},
	{Name: "whatsminer3/get.miner.status", Form: "pools", Request: whatsminer3StatusPools, Framing: Frames},
}

const whatsminer3Port = 4433
