package probes

// httpProbes are GETs of reports: web pages of devices, HTTP APIs of miners.
var httpProbes = []Probe{
	{Name: "http/productName", Request: getProductName, Ports: []uint16{bitmainTestPort}},
	{Name: "http/get_sn", Request: getSN},

	{Name: "http/summary", Request: getSummary, Ports: []uint16{4067, 4069}},
	{Name: "http/stat", Request: getStat, Ports: []uint16{5000, 10555, 42010}},
	{Name: "http/stats", Request: getStats, Ports: []uint16{3339, 8117, 9090}},
	{Name: "http/status", Request: getStatus, Ports: []uint16{4014}},
	{Name: "http/api/v1/status", Request: getStatusV1, Ports: []uint16{22333}},
	{Name: "http/api/pools", Request: getPools, Ports: []uint16{4000}},
	{Name: "http/get_info", Request: getInfo, Ports: []uint16{18081, 18089}},
	{Name: "http/mining_status", Request: getMiningStatus},

	{Name: "http/", Request: getRoot, Ports: []uint16{80, 81, 443, 8000, 8080, 8443, 18088, 21550, 21555, 44444, 60050, 60060, 60070}},

	{Name: "http/capabilities", Request: getCapabilities},
	{Name: "http/network", Request: getNetwork},
	{Name: "http/api/v1/info", Request: getInfoV1},
	{Name: "http/api/v1/summary", Request: getSummaryV1},
	{Name: "http/api/v1/version/", Request: getVersionV1},
	{Name: "http/api/v1/system", Request: getSystemV1},
	{Name: "http/api/system/info", Request: getSystemInfo},
	{Name: "http/mcb/status", Request: getMcbStatus},
	{Name: "http/mcb/cgminer", Request: getMcbDevs},
	{Name: "http/mcb/setting", Request: getMcbSetting},
	{Name: "http/api/overview", Request: getOverview},
	{Name: "http/api/summary", Request: getAPISummary},
	{Name: "http/api/info", Request: getAPIInfo},
	{Name: "http/get_minerinfo.cgi", Request: getMinerinfo},
	{Name: "http/user/userpanel", Request: getUserpanel},
	{Name: "http/cooler", Request: getCooler},
}
