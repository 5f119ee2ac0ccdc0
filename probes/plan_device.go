package probes

// cgminerSteps read the devices of cgminer's API: who answered, by the table of
// first answers, and then model, rate and pool before all else.
var cgminerSteps = []step{
	{after: []string{"http/*", "stratum/*", "claymore/*", "ccminer/*", "getstat/*", "excavator/*", "rhminer/*", "stats/*"},
		when: re(cgminerAnswer), unless: re(`^HTTP/`), ask: []string{"cgminer/version"}},
	{after: versions, on: []uint16{volcminerPort}, when: re(cgminerAnswer), ask: []string{"cgminer/summary line", "cgminer/stats line", "cgminer/pools line"}},
	{after: versions, when: re(`(?i)luxminer`), ask: names("cgminer", "config", "summary", "pools", "power", "stats")},
	{after: versions, when: re(`(?i)bosminer|boser|braiins|bos_am`), ask: names("cgminer", "devdetails", "summary", "pools", "tunerstatus", "devs")},
	{after: versions, when: re(`(?i)btminer|bitmicro|whatsminer|"invalid cmd"`), ask: names("whatsminer", "devdetails", "summary", "pools", "get_version", "get_miner_info", "status")},
	{after: versions, when: re(`(?i)avalon|"PROD"`), ask: names("cgminer", "estats", "summary", "pools")},
	{after: versions, when: re(`(?i)gcminer|fluxos`), ask: names("cgminer", "devdetails", "summary", "pools", "ipreport", "psu", "mode")},
	{after: versions, when: re(`(?i)bdminer`), ask: names("cgminer", "stats", "summary", "pools")},
	{after: versions, when: re(`(?i)sgminer|avermore|teamredminer`), ask: names("cgminer", "devs", "pools", "summary", "stats")},
	{after: versions, when: re(`(?i)bmminer|antminer`), ask: names("cgminer", "stats new_api", "pools", "summary")},
	{after: versions, on: []uint16{4029}, when: re(cgminerAnswer), ask: names("cgminer", "summary", "devs", "pools", "stats")},
	{after: versions, when: re(cgminerAnswer), ask: names("cgminer", "summary", "stats", "devs", "pools", "devdetails")},

	// Firmware that knows the new form gives no old key; what is read from the
	// old form alone is asked for as well.
	{after: []string{"cgminer/stats"}, when: re(`"STATUS"`), unless: re(`"[GMK]HS[ _]?(5s|av)"`), ask: []string{"cgminer/stats"}},
	{after: []string{"cgminer/estats"}, when: re(`^$|"STATUS"\s*:\s*"E"`), ask: names("cgminer", "litestats", "stats")},

	{after: []string{"whatsminer/get_version"}, when: re(`"Code"\s*:\s*13[12]`), ask: names("whatsminer", "devdetails", "summary", "pools", "get_miner_info", "status")},
	{after: []string{"whatsminer3/get.device.info"}, when: re(`"code"\s*:\s*-?\d`), ask: []string{"whatsminer3/get.miner.status"}},
	{after: []string{"whatsminer3/get.miner.status"}, when: re(`"code"\s*:\s*-\d`), ask: []string{"whatsminer3/get.miner.status summary", "whatsminer3/get.miner.status pools"}},
}

// deviceSteps read what web pages of ASIC firmware lead to, known by what only
// they say. Web applications without words are asked where another port named
// the maker.
var deviceSteps = []step{
	{after: root, when: re(`(?i)anthillos|uniplus ?os`), ask: []string{"http/api/v1/summary", "http/api/v1/info"}},
	{after: root, when: re(`^HTTP/\S+ 200`), given: re(`(?i)vnish|anthill|uniplus`), ask: []string{"http/api/v1/summary", "http/api/v1/info"}},
	{after: root, when: re(`(?i)axeos|bitaxe|nerdqaxe|nerdaxe|nerdoctaxe|lucky ?miner`), ask: []string{"http/api/system/info"}},
	{after: root, when: re(`(?i)\bnerd|captive portal`), ask: []string{"http/api/system/info"}, weak: true},
	{after: []string{"http/api/system/info"}, when: re(`"ASICModel"|^HTTP/\S+ (404|5\d\d)`), unless: re(`"(boardVersion|deviceModel|minerModel)"`), ask: []string{"http/api/system/asic"}},
	{after: root, when: re(`(?i)cloud-box|goldshell`), ask: []string{"http/mcb/status", "http/mcb/cgminer", "http/mcb/setting"}},
	{after: root, when: re(`(?i)dragonmint|innosilicon|honorknight`), ask: []string{"http/api/overview", "http/api/summary", "http/api/type"}},
	{after: root, when: re(`^HTTP/\S+ 200`), given: re(`(?i)innominer|innosilicon|"IT10`), ask: []string{"http/api/overview", "http/api/summary", "http/api/type"}},
	{after: root, when: re(`Braiins OS|(?i)braiins`), ask: []string{"http/api/v1/version/"}},
	{after: root, when: re(`^HTTP/\S+ 200`), given: re(`(?i)bosminer|boser|braiins`), ask: []string{"http/api/v1/version/"}},
	{after: root, when: re(`Miner Web Dashboard|(?i)epic-?miner`), ask: []string{"http/summary", "http/capabilities"}},
	{after: root, when: re(`(?i)avalon`), ask: []string{"http/get_minerinfo.cgi"}, weak: true},
	{after: root, when: re(`用户界面|(?i)iceriver`), ask: []string{"http/user/userpanel"}},
	{after: root, when: re(`Proto ?OS|(?i)proto rig`), ask: []string{"http/api/v1/system"}},
	{after: root, when: re(`(?i)obelisk`), ask: []string{"http/api/info"}, weak: true},
	{after: root, when: re(`(?i)antbox`), ask: []string{"http/cooler"}},
	{after: root, when: re(`(?i)gst\.csp|multminer`), ask: []string{"http/gst.csp"}},
	{after: []string{"http/productName"}, when: re(`(?i)^HTTP/\S+ 200[\s\S]*\n\r?\n\s*"?(ant|bitmain)|error 6060`), ask: []string{"http/get_sn"}},
	{after: []string{"http/productName"}, when: re(`Antminer`), ask: []string{"http/get_sn"}},
	{after: []string{"http/summary"}, when: re(`"HBs"|PowerPlay|(?i)epic-?miner`), ask: []string{"http/capabilities", "http/network"}},
	{after: []string{"http/summary"}, on: cgminerPorts, when: re(`^HTTP/\S+ (401|403|5\d\d)`), ask: []string{"http/capabilities"}, weak: true},
}
