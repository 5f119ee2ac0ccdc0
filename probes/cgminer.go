package probes

// cgminerPorts are where cgminer's API is looked for first: 4028 nearly
// always, 4029 iBeLink, 4030, 65078 TeamRedMiner under HiveOS.
var cgminerPorts = []uint16{4028, 4029, 4030, 65078}

// volcminerPort is where VolcMiner has an API of cgminer's shape, line by line.
const volcminerPort = 8359

// cgminerProbes are reports of cgminer's API, which most ASIC firmware speaks.
// Stock Antminers answer joined commands wrongly, so each is asked alone.
var cgminerProbes = []Probe{
	{Name: "cgminer/version", Request: cgminerVersion, Ports: cgminerPorts},
	{Name: "cgminer/version-text", Request: cgminerVersionPlain, Ports: cgminerPorts},
	{Name: "cgminer/summary", Request: cgminerSummary},
	{Name: "cgminer/pools", Request: cgminerPools},
	{Name: "cgminer/devs", Request: cgminerDevs, Limit: maxLimit},
	{Name: "cgminer/stats", Request: cgminerStats, Limit: maxLimit},
	{Name: "cgminer/estats", Request: cgminerEstats, Limit: maxLimit},
	{Name: "cgminer/devdetails", Request: cgminerDevdetails},
	{Name: "cgminer/config", Request: cgminerConfig},
	{Name: "cgminer/power", Request: cgminerPower},
	{Name: "cgminer/tunerstatus", Request: cgminerTunerstatus},
	{Name: "cgminer/ipreport", Request: cgminerIPReport},
	{Name: "cgminer/psu", Request: cgminerPSU},
	{Name: "cgminer/mode", Request: cgminerMode},
	{Name: "cgminer/litestats", Request: cgminerLitestats, Limit: maxLimit},
	{Name: "cgminer/stats", Form: "new_api", Request: cgminerStatsNew, Limit: maxLimit},
	{Name: "cgminer/version", Form: "line", Request: cgminerVersionLine, Ports: []uint16{volcminerPort}},
	{Name: "cgminer/stats", Form: "line", Request: cgminerStatsLine, Limit: maxLimit},
	{Name: "cgminer/summary", Form: "line", Request: cgminerSummaryLine},
	{Name: "cgminer/pools", Form: "line", Request: cgminerPoolsLine},
}
