package probes

// ccminerProbes are the text reports of ccminer (4068), cpuminer (4048), zjazz
// (4011) and T-Rex (4058, and 4067 in old builds).
var ccminerProbes = []Probe{
	{Name: "ccminer/summary", Request: ccminerSummary, Ports: []uint16{4011, 4048, 4058, 4067, 4068}},
	{Name: "ccminer/pool", Request: ccminerPool},
	{Name: "ccminer/threads", Request: ccminerThreads},
}
