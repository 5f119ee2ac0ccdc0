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
	cgminerVersionPlain = `version`                   // pipe text; a newline would make it an unknown command
)

// MicroBT's BTMiner API, versions 1 and 2, on cgminer's port; "cmd" in place of
// "command". Only commands that need no token.
const (
	whatsminerGetVersion   = `{"cmd":"get_version"}`
	whatsminerSummary      = `{"cmd":"summary"}`
	whatsminerDevdetails   = `{"cmd":"devdetails"}`
	whatsminerPools        = `{"cmd":"pools"}`
	whatsminerGetMinerInfo = `{"cmd":"get_miner_info"}`
)

// Stratum v1 (slush's document): one subscription and no authorisation, so no
// worker comes into being. The line must be well-formed: pools ban senders of
// broken JSON.
const stratumSubscribe = `{"id":1,"method":"mining.subscribe","params":["minesweep/1.0"]}` + "\n"

// Claymore's remote management and its copies (EthMan; ethminer's API_DOCUMENTATION).
// ethminer needs both "jsonrpc" and the newline. eth_getWork is what
// open-ethereum-pool answers without a login.
const (
	claymorePing     = `{"id":1,"jsonrpc":"2.0","method":"miner_ping"}` + "\n"
	claymoreGetstat1 = `{"id":0,"jsonrpc":"2.0","method":"miner_getstat1"}` + "\n"
	claymoreGetWork  = `{"id":1,"jsonrpc":"2.0","method":"eth_getWork","params":[]}` + "\n"
)

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
	getStats        = "GET /stats" + getHead                        // nanominer, CryptoNote pools
	getStatus       = "GET /status" + getHead                       // BzMiner
	getStatusV1     = "GET /api/v1/status" + getHead                // NBMiner
	getCapabilities = "GET /capabilities" + getHead                 // ePIC
	getNetwork      = "GET /network" + getHead                      // ePIC: MAC
	getInfoV1       = "GET /api/v1/info" + getHead                  // VNish
	getSummaryV1    = "GET /api/v1/summary" + getHead               // VNish
	getVersionV1    = "GET /api/v1/version/" + getHead              // Braiins OS
	getSystemV1     = "GET /api/v1/system" + getHead                // Proto
	getSystemInfo   = "GET /api/system/info" + getHead              // AxeOS
	getMcbStatus    = "GET /mcb/status" + getHead                   // Goldshell
	getMcbDevs      = "GET /mcb/cgminer?cgminercmd=devs" + getHead  // Goldshell
	getMcbSetting   = "GET /mcb/setting" + getHead                  // Goldshell: the name is the MAC
	getOverview     = "GET /api/overview" + getHead                 // Innosilicon, DragonMint
	getAPISummary   = "GET /api/summary" + getHead                  // Innosilicon, DragonMint
	getMinerinfo    = "GET /get_minerinfo.cgi" + getHead            // Avalon, older web page
	getUserpanel    = "GET /user/userpanel?post=4" + getHead        // IceRiver; 4 is the report
	getAPIInfo      = "GET /api/info" + getHead                     // Obelisk
	getPools        = "GET /api/pools" + getHead                    // Miningcore
	getCooler       = "GET /cooler?operation=coolerState" + getHead // AntBox
	getInfo         = "GET /get_info" + getHead                     // monerod
	getMiningStatus = "GET /mining_status" + getHead                // monerod, unrestricted RPC
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
// execution API (JSON-RPC 2.0) and monerod's /json_rpc. requests_test.go checks
// the lengths.
const (
	rpcGetmininginfo     = "POST /" + postHead + "61\r\n\r\n" + `{"jsonrpc":"1.0","id":1,"method":"getmininginfo","params":[]}`
	rpcGetblockchaininfo = "POST /" + postHead + "65\r\n\r\n" + `{"jsonrpc":"1.0","id":1,"method":"getblockchaininfo","params":[]}`
	rpcWeb3ClientVersion = "POST /" + postHead + "66\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}`
	rpcEthMining         = "POST /" + postHead + "58\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_mining","params":[]}`
	rpcEthHashrate       = "POST /" + postHead + "60\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_hashrate","params":[]}`
	rpcEthGetWork        = "POST /" + postHead + "59\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"eth_getWork","params":[]}`
	rpcMoneroGetInfo     = "POST /json_rpc" + postHead + "46\r\n\r\n" + `{"jsonrpc":"2.0","id":"0","method":"get_info"}`
	rpcMoneroGetVersion  = "POST /json_rpc" + postHead + "49\r\n\r\n" + `{"jsonrpc":"2.0","id":"0","method":"get_version"}`
)
