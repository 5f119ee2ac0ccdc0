package probes

// stratumPorts are where pools and proxies listen, and where the remote
// management of Claymore's kin listens too. On 443 it is inside TLS.
var stratumPorts = []uint16{
	443,
	3333, 3334, 3335, 3336, 3337, 3433, 3533, 4444, 5550, 5555, 7777, 8008, 8088, 8888, 9999, 14444, 21496, 23334,
	34254, 34255, 34264, 34265, 8442, // Stratum V2; a translator may take V1 as well
}

// stratumProbes subscribe to a Stratum v1 pool, and do no more.
var stratumProbes = []Probe{
	{Name: "stratum/subscribe", Request: stratumSubscribe, Framing: Answer, Ports: stratumPorts},
}
