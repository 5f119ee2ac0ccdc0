package probes

import (
	"regexp"
	"strings"

	"minesweep"
)

// step says what to ask after an answer. The first step that fits an answer is
// taken, so the special ones stand before the general ones.
type step struct {
	after []string       // names of the question answered; a * at the end stands for anything
	on    []uint16       // on these ports only; empty: on all
	when  *regexp.Regexp // found in the answer as kept in Reply.Raw
	ask   []string
}

var (
	cgminerQuestions = []string{"cgminer/*"}
	bareQuestions    = []string{Banner, "cgminer/*", "whatsminer/*", "stratum/*", "claymore/*", "ccminer/*"}
	anyQuestion      = []string{"*"}
	versions         = []string{"cgminer/version", "cgminer/version-text"}
	root             = []string{"http/"}
)

// plan is all follow-up questions.
var plan = []step{
	// cgminer's API: who answered, by the table of first answers.
	{after: versions, when: re(`(?i)luxminer`), ask: names("cgminer", "config", "summary", "pools", "power", "stats")},
	{after: versions, when: re(`(?i)bosminer|boser|braiins|bos_am`), ask: names("cgminer", "devdetails", "summary", "pools", "tunerstatus", "devs")},
	{after: versions, when: re(`(?i)btminer|bitmicro|whatsminer|invalid cmd`), ask: names("whatsminer", "get_version", "summary", "devdetails", "pools", "get_miner_info")},
	{after: versions, when: re(`(?i)avalon|"PROD"`), ask: names("cgminer", "estats", "summary", "pools")},
	{after: versions, when: re(`(?i)gcminer|fluxos`), ask: names("cgminer", "devdetails", "summary", "pools", "ipreport", "psu")},
	{after: versions, when: re(`(?i)bmminer|antminer|bdminer`), ask: names("cgminer", "stats", "pools", "summary")},
	{after: versions, when: re(`(?i)sgminer|avermore|teamredminer`), ask: names("cgminer", "devs", "pools", "summary", "stats")},
	{after: versions, when: re(cgminerAnswer), ask: names("cgminer", "summary", "pools", "devs", "stats", "devdetails")},
	{after: []string{"whatsminer/get_version"}, when: re(`"Code"\s*:\s*131`), ask: names("whatsminer", "summary", "devdetails", "pools", "get_miner_info")},
	{after: []string{"cgminer/estats"}, when: re(`^$|"STATUS"\s*:\s*"E"`), ask: names("cgminer", "stats")},
	{after: []string{"http/*", "stratum/*", "claymore/*", "ccminer/*"}, when: re(cgminerAnswer), ask: names("cgminer", "version")},

	// HTTP where a bare question was asked: ePIC's API is on cgminer's port.
	{after: cgminerQuestions, on: cgminerPorts, when: re(`^HTTP/`), ask: []string{"http/summary"}},
	{after: bareQuestions, when: re(`^HTTP/`), ask: root},

	// Web pages of ASIC firmware, by what only they say.
	{after: root, when: re(`AnthillOS`), ask: []string{"http/api/v1/info", "http/api/v1/summary"}},
	{after: root, when: re(`(?i)axeos|bitaxe|nerdqaxe|nerdaxe|\bnerd|lucky ?miner|captive portal`), ask: []string{"http/api/system/info"}},
	{after: root, when: re(`(?i)cloud-box|goldshell`), ask: []string{"http/mcb/status", "http/mcb/cgminer", "http/mcb/setting"}},
	{after: root, when: re(`(?i)dragonmint|innosilicon`), ask: []string{"http/api/overview", "http/api/summary"}},
	{after: root, when: re(`Braiins OS`), ask: []string{"http/api/v1/version/"}},
	{after: root, when: re(`Miner Web Dashboard|(?i)epic-?miner`), ask: []string{"http/summary", "http/capabilities"}},
	{after: root, when: re(`(?i)avalon`), ask: []string{"http/get_minerinfo.cgi"}},
	{after: root, when: re(`用户界面`), ask: []string{"http/user/userpanel"}},
	{after: root, when: re(`Proto OS`), ask: []string{"http/api/v1/system"}},
	{after: root, when: re(`(?i)obelisk`), ask: []string{"http/api/info"}},
	{after: []string{"http/productName"}, when: re(`Antminer`), ask: []string{"http/get_sn"}},
	{after: root, when: re(`AntBox`), ask: []string{"http/cooler"}},

	// Miners with an HTTP API. XMRig allows four methods on every answer, a
	// refusal too.
	{after: root, when: re(`GET, PUT, POST, DELETE|404 NOT_FOUND|401 UNAUTHORIZED|403 FORBIDDEN`), ask: []string{"http/2/summary"}},
	{after: []string{"http/2/summary"}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/1/summary"}},
	{after: []string{"http/1/summary"}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/api.json"}},
	{after: root, when: re(`(?i)xmr-?stak`), ask: []string{"http/api.json"}},
	{after: root, when: re(`(?i)ethminer|200 Ok Error|claymore|phoenixminer|tt-miner`), ask: []string{"claymore/miner_getstat1"}},
	{after: root, when: re(`(?i)nbminer`), ask: []string{"http/api/v1/status"}},
	{after: root, when: re(`(?i)nanominer`), ask: []string{"http/stats"}},
	{after: root, when: re(`(?i)\bgminer|\brigel`), ask: []string{"http/stat"}},
	{after: root, when: re(`(?i)bzminer`), ask: []string{"http/status"}},
	{after: root, when: re(`(?i)t-rex|lolminer`), ask: []string{"http/summary"}},
	{after: []string{"http/summary"}, when: re(`"HBs"|PowerPlay|(?i)epic-?miner`), ask: []string{"http/capabilities", "http/network"}},

	// Pools and nodes.
	{after: root, when: re(`(?i)x-stratum:`), ask: []string{"stratum/subscribe"}},
	{after: root, when: re(`(?i)miningcore`), ask: []string{"http/api/pools"}},
	{after: root, when: re(`Epee-based|realm="monero-rpc"`), ask: []string{"http/get_info"}},
	{after: []string{"http/get_info"}, when: re(`^HTTP/\S+ 200[\s\S]*"(height|nettype)"`), ask: []string{"http/mining_status", "rpc/get_version"}},
	{after: []string{"http/get_info"}, when: re(`^HTTP/\S+ 404[\s\S]*Epee-based`), ask: []string{"rpc/get_info"}},
	{after: root, when: re(`handles only POST|realm="(jsonrpc|btcd RPC|node)"|"agent"\s*:\s*"/hsd`), ask: []string{"rpc/getmininginfo"}},
	{after: []string{"rpc/getmininginfo"}, when: re(`"result"\s*:\s*\{`), ask: []string{"rpc/getblockchaininfo"}},
	{after: root, when: re(`^HTTP/\S+ 405|(?i)^HTTP/\S+ 200[^\n]*\n(?:[^\n]+\n)*content-length: 0\r?\n`), ask: []string{"rpc/web3_clientVersion"}},
	{after: []string{"rpc/web3_clientVersion"}, when: re(`realm="(jsonrpc|btcd RPC|node)"`), ask: []string{"rpc/getmininginfo"}},
	{after: []string{"rpc/web3_clientVersion"}, when: re(`"result"\s*:\s*"`), ask: []string{"rpc/eth_mining", "rpc/eth_hashrate"}},
	{after: []string{"rpc/eth_mining"}, when: re(`"result"\s*:\s*true`), ask: []string{"rpc/eth_getWork"}},

	// JSON lines: an error to one dialect is an answer in another.
	{after: []string{"stratum/subscribe"}, when: re(`"code"\s*:\s*-3\b`), ask: []string{"claymore/eth_getWork"}},
	{after: []string{"stratum/subscribe"}, when: re(`"error"\s*:\s*[\[{"]`), ask: []string{"claymore/miner_getstat1", "http/"}},
	{after: []string{"claymore/miner_getstat1"}, when: re(`"error"\s*:\s*[\[{"]`), ask: []string{"claymore/miner_ping", "http/"}},

	// ccminer's text.
	{after: []string{"ccminer/summary"}, when: re(`NAME=cpuminer`), ask: []string{"ccminer/threads"}},
	{after: []string{"ccminer/summary"}, when: re(`NAME=`), ask: []string{"ccminer/pool"}},

	// A web server at last, where the hinted path is not there; and servers
	// without a page, and the ports that lolMiner shares with web servers.
	{after: root, on: []uint16{8080, 44444, 4069}, when: re(`^HTTP/`), ask: []string{"http/summary"}},
	{after: root, when: re(`^HTTP/\S+ 404`), ask: []string{"http/summary"}},
	{after: []string{"http/summary"}, on: []uint16{4067}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/stat", "http/"}},
	{after: anyQuestion, when: re(`^HTTP/\S+ (400|403|404|405|415|501)`), ask: root},
}

// cgminerAnswer is the status block that every answer of the API begins with,
// errors too, in JSON and in text.
const cgminerAnswer = `^STATUS=[A-Z],|"STATUS"\s*:\s*(\[\s*\{|"[SEWIF]")`

// settled is what tells that a port's protocol has been found.
var settled = re(`^HTTP/\d|^\s*[{\[]|` + cgminerAnswer + `|^[A-Z]+=[^;|]*[;|]|` + speaksFirst)

// speaksFirst are protocols of other trades: SSH, SMTP and FTP, POP3, IMAP,
// redis, memcached, VNC, MySQL.
const speaksFirst = `^(SSH-|220[ -]|\+OK|\* OK|-(ERR|NOAUTH|DENIED)|ERROR\r?\n|RFB \d|(?s:.{3})\x00\x0a\d+\.)`

var otherTrade = re(speaksFirst)

// re compiles a pattern of this file; what is invalid fails every test.
func re(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

func names(family string, commands ...string) []string {
	out := make([]string, len(commands))
	for i, c := range commands {
		out[i] = family + "/" + c
	}
	return out
}

// next returns what to ask after a reply.
func next(r minesweep.Reply) []string {
	for _, s := range plan {
		if s.follows(r) {
			return s.ask
		}
	}
	return nil
}

func (s step) follows(r minesweep.Reply) bool {
	return matchesPort(s.on, r.Target.Port()) && matchesName(s.after, r.Probe) && s.when.Match(r.Raw)
}

func matchesPort(ports []uint16, port uint16) bool {
	for _, p := range ports {
		if p == port {
			return true
		}
	}
	return len(ports) == 0
}

func matchesName(patterns []string, name string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); (ok && strings.HasPrefix(name, prefix)) || p == name {
			return true
		}
	}
	return false
}
