package probes

// Every byte that may reach a target is in this file, but for TLS's own
// handshake. There are constants only: what is written here is what leaves,
// with one exception, hostMark, which becomes the target's own ip:port.
//
// Nothing here changes a device's state, names a worker, or carries a
// credential; requests_test.go holds the list of what must never appear.

// hostMark stands for the target's ip:port. Not a name: geth answers 403
// "invalid host specified" to names.
const hostMark = "{host}"

// cgminer's API (API-README of cgminer and its descendants): a JSON object
// without newline; JSON mode is chosen by the first byte. Only reports.
const (
	cgminerVersion      = `{"command":"version"}`
	cgminerSummary      = `{"command":"summary"}`
	cgminerPools        = `{"command":"pools"}`
	cgminerDevs         = `{"command":"devs"}`
	cgminerStats        = `{"command":"stats"}`
	cgminerEstats       = `{"command":"estats"}` // Avalon
	cgminerDevdetails   = `{"command":"devdetails"}`
	cgminerConfig       = `{"command":"config"}`      // LuxOS: model, MAC, serial
	cgminerPower        = `{"command":"power"}`       // LuxOS: watts
	cgminerTunerstatus  = `{"command":"tunerstatus"}` // BOSminer: watts
	cgminerIPReport     = `{"command":"ipreport"}`    // Auradine: model, MAC, serial
	cgminerPSU          = `{"command":"psu"}`         // Auradine: watts
	cgminerMode         = `{"command":"mode"}`        // Auradine: asleep or not
	cgminerLitestats    = `{"command":"litestats"}`   // Avalon Q, Nano, Mini
	cgminerVersionPlain = `version`                   // pipe text; a newline would make it an unknown command
)

// Bitmain's new form of stats, with watts (asic-rs). The flag stands at the
// top; firmware that does not know it gives the old form.
const cgminerStatsNew = `{"command":"stats","new_api":true}`

// VolcMiner's API on port 8359 reads up to a newline.
const (
	cgminerVersionLine = `{"command":"version"}` + "\n"
	cgminerStatsLine   = `{"command":"stats","new_api":true}` + "\n"
	cgminerSummaryLine = `{"command":"summary"}` + "\n"
	cgminerPoolsLine   = `{"command":"pools"}` + "\n"
)

// MicroBT's BTMiner API, versions 1 and 2, on cgminer's port; "cmd" in place of
// "command". Only commands that need no token.
const (
	whatsminerGetVersion   = `{"cmd":"get_version"}`
	whatsminerSummary      = `{"cmd":"summary"}`
	whatsminerDevdetails   = `{"cmd":"devdetails"}`
	whatsminerPools        = `{"cmd":"pools"}`
	whatsminerGetMinerInfo = `{"cmd":"get_miner_info"}`
	whatsminerStatus       = `{"cmd":"status"}` // is the miner process running
)

// BTMiner API version 3, port 4433 (MicroBT's document): the length of the JSON
// as uint32, little-endian, and the JSON. Joined parameters are documented.
const (
	whatsminer3DeviceInfo    = "\x19\x00\x00\x00" + `{"cmd":"get.device.info"}`
	whatsminer3Status        = "\x38\x00\x00\x00" + `{"cmd":"get.miner.status","param":"summary+pools+edevs"}`
	whatsminer3StatusSummary = "\x2c\x00\x00\x00" + `{"cmd":"get.miner.status","param":"summary"}`
	whatsminer3StatusPools   = "\x2a\x00\x00\x00" + `{"cmd":"get.miner.status","param":"pools"}`
)

// Stratum v1 (slush's document): one subscription and no authorisation, so no
// worker comes into being. The line must be well-formed: pools ban senders of
// broken JSON.
const stratumSubscribe = `{"id":1,"method":"mining.subscribe","params":["minesweep/1.0"]}` + "\n"

// Stratum V2 (its specification, part 4): the first act of the Noise handshake
// is a public key in ElligatorSwift, which any 64 bytes are. These were thrown
// once; nobody knows a private key to them, and the handshake is not continued.
const sv2Handshake = "\x9b\x1f\xe4\x62\xd7\x3a\x85\xc0\x4e\xf9\x13\xa8\x6d\xb2\x50\xce" +
	"\x07\x94\xeb\x3d\x71\xa6\x58\xdf\x2c\x89\xf6\x1b\xc3\x45\x9e\x60" +
	"\xd1\x37\x8c\xea\x52\xbf\x06\x99\x74\xe8\x2f\xa1\x5d\xc6\x18\x83" +
	"\xfb\x40\xad\x69\x0e\x97\xd2\x3c\xb5\x7f\xe1\x24\x8a\x56\xcd\x11"

// Claymore's remote management and its copies (EthMan; ethminer's API_DOCUMENTATION).
// ethminer needs both "jsonrpc" and the newline. eth_getWork is what
// open-ethereum-pool answers without a login.
const (
	claymorePing     = `{"id":1,"jsonrpc":"2.0","method":"miner_ping"}` + "\n"
	claymoreGetstat1 = `{"id":0,"jsonrpc":"2.0","method":"miner_getstat1"}` + "\n"
	claymoreGetWork  = `{"id":1,"jsonrpc":"2.0","method":"eth_getWork","params":[]}` + "\n"
)

// What miniZ, EWBF and DSTM's zm answer to (their API notes).
const getstatLine = `{"id":"0","method":"getstat"}` + "\n"

// NiceHash Excavator's API (its document): only what lists.
const (
	excavatorSubscribeInfo = `{"id":1,"method":"subscribe.info","params":[]}` + "\n"
	excavatorAlgorithmList = `{"id":1,"method":"algorithm.list","params":[]}` + "\n"
)

// rhminer reports whatever it is sent; a space is least.
const rhminerSpace = " "

// The report of Swarm and other aggregators.
const statsText = "stats\n"

// The text API of ccminer and cpuminer (ccminer's api.cpp): a word; the bar
// ends it for the older ones and is ignored by the others.
const (
	ccminerSummary = `summary|`
	ccminerPool    = `pool|`
	ccminerThreads = `threads|`
)

// getHead ends every GET (RFC 9110, RFC 9112). No Accept-Encoding: plain bytes
// are wanted, and who sends gzip all the same is read all the same.
const getHead = " HTTP/1.1\r\nHost: " + hostMark + "\r\nUser-Agent: minesweep/1.0\r\nAccept: */*\r\nConnection: close\r\n\r\n"

// Web pages of devices and the HTTP APIs of miners. Each path is a report in
// the documentation or the source of the program named.
const (
	getRoot         = "GET /" + getHead
	getSummary      = "GET /summary" + getHead                      // T-Rex, lolMiner, ePIC
	getSummary1     = "GET /1/summary" + getHead                    // XMRig, xmrig-proxy
	getSummary2     = "GET /2/summary" + getHead                    // XMRig 6
	getAPIJSON      = "GET /api.json" + getHead                     // xmr-stak
	getStat         = "GET /stat" + getHead                         // GMiner, Rigel
	getStats        = "GET /stats" + getHead                        // nanominer, mkxminer, CryptoNote pools
	getStatus       = "GET /status" + getHead                       // BzMiner, iximiner
	getStatusV1     = "GET /api/v1/status" + getHead                // NBMiner
	getCapabilities = "GET /capabilities" + getHead                 // ePIC
	getNetwork      = "GET /network" + getHead                      // ePIC: MAC
	getInfoV1       = "GET /api/v1/info" + getHead                  // VNish
	getSummaryV1    = "GET /api/v1/summary" + getHead               // VNish
	getVersionV1    = "GET /api/v1/version/" + getHead              // Braiins OS
	getSystemV1     = "GET /api/v1/system" + getHead                // Proto
	getSystemInfo   = "GET /api/system/info" + getHead              // AxeOS
	getSystemAsic   = "GET /api/system/asic" + getHead              // AxeOS: board and chips
	getMcbStatus    = "GET /mcb/status" + getHead                   // Goldshell
	getMcbDevs      = "GET /mcb/cgminer?cgminercmd=devs" + getHead  // Goldshell
	getMcbSetting   = "GET /mcb/setting" + getHead                  // Goldshell: the name is the MAC
	getOverview     = "GET /api/overview" + getHead                 // Innosilicon, DragonMint
	getAPISummary   = "GET /api/summary" + getHead                  // Innosilicon, DragonMint
	getMinerinfo    = "GET /get_minerinfo.cgi" + getHead            // Avalon, older web page
	getUserpanel    = "GET /user/userpanel?post=4" + getHead        // IceRiver; 4 is the report
	getAPIInfo      = "GET /api/info" + getHead                     // Obelisk, public-pool
	getPools        = "GET /api/pools" + getHead                    // Miningcore
	getCooler       = "GET /cooler?operation=coolerState" + getHead // AntBox
	getInfo         = "GET /get_info" + getHead                     // monerod
	getMiningStatus = "GET /mining_status" + getHead                // monerod, unrestricted RPC
	getAPIType      = "GET /api/type" + getHead                     // Innosilicon
	getGst          = "GET /gst.csp" + getHead                      // MultMiner
	getGetstat      = "GET /getstat" + getHead                      // EWBF, miniZ
	getAPI          = "GET /api" + getHead                          // Nqminer
	getAPIv1        = "GET /api/v1" + getHead                       // hspminer
	getAPIStatus    = "GET /api/status" + getHead                   // GrinPro, Bminer, yiimp
	getSolver       = "GET /api/v1/status/solver" + getHead         // Bminer
	getStratum      = "GET /api/v1/status/stratum" + getHead        // Bminer
	getAPIStats     = "GET /api/stats" + getHead                    // open-ethereum-pool, NOMP
	getAPIPool      = "GET /api/pool" + getHead                     // public-pool
	getPoolStats    = "GET /pool/stats" + getHead                   // nodejs-pool
	getPoolStatus   = "GET /pool/pool.status" + getHead             // ckpool
	getLiveStats    = "GET /live_stats" + getHead                   // CryptoNote pools
	getLocalStats   = "GET /local_stats" + getHead                  // p2pool of Bitcoin's kin
	getMetrics      = "GET /metrics" + getHead                      // Kaspa's Stratum bridge
)

// Bitmain's test server on port 6060. On that port these two paths and nothing
// else: it matches substrings, and other GETs change settings.
const (
	getProductName = "GET /productName" + getHead
	getSN          = "GET /get_sn" + getHead
)

// postHead begins every JSON-RPC read; geth wants the content type (415 without it).
const postHead = " HTTP/1.1\r\nHost: " + hostMark + "\r\nUser-Agent: minesweep/1.0\r\nAccept: */*\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "

// JSON-RPC reads over HTTP POST: Bitcoin Core's RPC (JSON-RPC 1.0), Ethereum's
// execution API (JSON-RPC 2.0), monerod's /json_rpc and Lotus's /rpc/v0. requests_test.go checks
// the lengths.
const (
	rpcGetmininginfo     = "POST /" + postHead + "61\r\n\r\n" + `{"jsonrpc":"1.0","id":1,"method":"getmininginfo","params":[]}`
	rpcGetblockchaininfo = "POST /" + postHead + "65\r\n\r\n" + `{"jsonrpc":"1.0","id":1,"method":"getblockchaininfo","params":[]}`
	rpcWeb3ClientVersion = "POST /" + postHead + "66\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}`
	rpcEthMining         = "POST /" + postHead + "58\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_mining","params":[]}`
	rpcEthHashrate       = "POST /" + postHead + "60\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_hashrate","params":[]}`
	rpcEthGetWork        = "POST /" + postHead + "59\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_getWork","params":[]}`
	rpcMoneroGetInfo     = "POST /json_rpc" + postHead + "46\r\n\r\n" + `{"jsonrpc":"2.0","id":"0","method":"get_info"}`
	rpcFilecoinVersion   = "POST /rpc/v0" + postHead + "64\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}`
	rpcMoneroGetVersion  = "POST /json_rpc" + postHead + "49\r\n\r\n" + `{"jsonrpc":"2.0","id":"0","method":"get_version"}`
)
