package probes

// xmrigProbes are the reports of XMRig, xmrig-proxy and xmr-stak over HTTP.
// XMRig has no port of its own; the answer on "/" gives it away.
var xmrigProbes = []Probe{
	{Name: "http/2/summary", Request: getSummary2},
	{Name: "http/1/summary", Request: getSummary1},
	{Name: "http/api.json", Request: getAPIJSON},
}
