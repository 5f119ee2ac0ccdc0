package probes

// whatsminerProbes are reports of MicroBT's API, versions 1 and 2. They are
// asked after cgminer/version has shown whose port it is.
var whatsminerProbes = []Probe{
	{Name: "whatsminer/get_version", Request: whatsminerGetVersion},
	{Name: "whatsminer/summary", Request: whatsminerSummary},
	{Name: "whatsminer/devdetails", Request: whatsminerDevdetails},
	{Name: "whatsminer/pools", Request: whatsminerPools},
	{Name: "whatsminer/get_miner_info", Request: whatsminerGetMinerInfo},
}
