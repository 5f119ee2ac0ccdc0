package probes

// poolSteps read pools, proxies and bridges. A CryptoNote pool refuses what is
// no login, and answers a browser on the same port.
var poolSteps = []step{
	{after: root, when: re(`(?i)x-stratum:`), ask: []string{"stratum/subscribe"}},
	{after: root, when: re(`(?i)miningcore`), ask: []string{"http/api/pools"}},
	{after: root, when: re(`(?i)open.?ethereum.?pool|node-?open-?mining|\bnomp\b|mining portal`), ask: []string{"http/api/stats"}},
	{after: root, when: re(`(?i)yiimp|yaamp`), ask: []string{"http/api/status"}},
	{after: root, when: re(`(?i)\bckpool\b`), ask: []string{"http/pool/pool.status"}},
	{after: root, when: re(`(?i)public-?pool`), ask: []string{"http/api/info", "http/api/pool"}},
	{after: root, on: []uint16{3334, 21496}, when: re(`Cannot GET /`), ask: []string{"http/api/info", "http/api/pool"}, weak: true},
	{after: root, when: re(`(?i)cryptonote|nodejs-?pool|monero.{0,20}pool`), ask: []string{"http/stats"}, weak: true},
	{after: root, when: re(`(?i)ks_bridge|kaspa.{0,20}bridge`), ask: []string{"http/metrics"}, weak: true},
	{after: []string{"http/stats"}, on: []uint16{8117}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/live_stats", "http/"}, weak: true},
	{after: []string{"rpc/getmininginfo"}, on: []uint16{9332}, when: re(`(?i)server: *twistedweb`), ask: []string{"http/local_stats"}, weak: true},
	{after: root, on: []uint16{8888}, when: re(`POST method required`), ask: []string{"rpc/eth_getWork"}},

	{after: []string{"stratum/subscribe"}, when: re(`"code"\s*:\s*-3\b`), ask: []string{"claymore/eth_getWork"}},
	{after: []string{"stratum/subscribe"}, when: re(`(?i)unauthenticated|invalid method`), ask: []string{"http/", "claymore/miner_getstat1"}, weak: true},
	{after: []string{"stratum/subscribe"}, when: re(`"error"\s*:\s*[\[{"]`), ask: []string{"claymore/miner_getstat1", "http/"}, weak: true},
	{after: []string{"stratum/subscribe"}, on: sv2Ports, when: re(`^[^\t\r\n -~]|^.{1,8}[^\t\r\n -~]`), ask: []string{"sv2/handshake"}},
}

// nodeSteps read nodes of a chain, which may mine or not.
var nodeSteps = []step{
	{after: root, when: re(`Epee-based|realm="monero-rpc"`), ask: []string{"http/get_info"}, weak: true},
	{after: []string{"http/get_info"}, when: re(`^HTTP/\S+ 200[\s\S]*"(height|nettype)"`), ask: []string{"http/mining_status", "rpc/get_version"}},
	{after: []string{"http/get_info"}, when: re(`^HTTP/\S+ 404[\s\S]*Epee-based`), ask: []string{"rpc/get_info"}, weak: true},
	{after: []string{"http/summary", "http/"}, on: []uint16{1234, 2345}, when: re(`^HTTP/\S+ 4\d\d`), ask: []string{"rpc/Filecoin.Version"}, weak: true},
	{after: root, when: re(`handles only POST|realm="(jsonrpc|btcd RPC|node)"|"agent"\s*:\s*"/hsd`), ask: []string{"rpc/getmininginfo"}, weak: true},
	{after: []string{"rpc/getmininginfo"}, when: re(`"result"\s*:\s*\{`), ask: []string{"rpc/getblockchaininfo"}, weak: true},
	{after: root, when: re(`^HTTP/\S+ 405|(?i)^HTTP/\S+ 200[^\n]*\n(?:[^\n]+\n)*content-length: 0\r?\n`), ask: []string{"rpc/web3_clientVersion"}, weak: true},
	{after: []string{"rpc/web3_clientVersion"}, when: re(`realm="(jsonrpc|btcd RPC|node)"`), ask: []string{"rpc/getmininginfo"}, weak: true},
	{after: []string{"rpc/web3_clientVersion"}, when: re(`"result"\s*:\s*"[A-Za-z]`), ask: []string{"rpc/eth_mining", "rpc/eth_hashrate"}},
	{after: []string{"rpc/eth_mining"}, when: re(`"result"\s*:\s*true`), ask: []string{"rpc/eth_getWork"}},
}
