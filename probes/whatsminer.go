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
}
