package probes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"minesweep"
)

func web(status, head, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, head, len(body), body)
}

func block(code int, msg, more string) string {
	return fmt.Sprintf(`{"STATUS":[{"STATUS":"S","When":1700000000,"Code":%d,"Msg":"%s","Description":"%s"}],"id":1}`+"\x00", code, msg, more)
}

func framed(json string) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(json)))) + json
}

// TestDevices sets one fake device a protocol on a port and expects the
// questions that fit it, and no others.
func TestDevices(t *testing.T) {
	ok := func(body string) string { return web("200 OK", "", body) }
	for _, c := range []struct {
		name, target string
		answers      map[string]string
		want         string
	}{
		{"stock Antminer", "192.0.2.7:4028", map[string]string{
			"cgminer/version": `{"STATUS":[{"STATUS":"S","Code":22,"Msg":"CGMiner versions"}],"VERSION":[{"BMMiner":"2.0.0","Type":"Antminer S17"}],"id":1}` + "\x00",
		}, "cgminer/version cgminer/stats cgminer/pools cgminer/summary"},
		{"LuxOS", "192.0.2.7:4028", map[string]string{"cgminer/version": block(22, "LUXminer versions", "LUXminer 2026.1")},
			"cgminer/version cgminer/config cgminer/summary cgminer/pools cgminer/power cgminer/stats"},
		{"BOSminer", "192.0.2.7:4028", map[string]string{"cgminer/version": block(22, "BOSminer+ versions", "BOSer x")},
			"cgminer/version cgminer/devdetails cgminer/summary cgminer/pools cgminer/tunerstatus cgminer/devs"},
		{"WhatsMiner v1", "192.0.2.7:4028", map[string]string{"cgminer/version": `{"STATUS":"E","When":1,"Code":14,"Msg":"invalid cmd","Description":"whatsminer v1.2"}`},
			"cgminer/version whatsminer/devdetails whatsminer/summary whatsminer/pools whatsminer/get_version whatsminer/get_miner_info whatsminer/status"},
		{"WhatsMiner that knows its own commands only", "192.0.2.7:4028", map[string]string{"whatsminer/get_version": `{"STATUS":"S","When":1,"Code":131,"Msg":{"api_ver":"2.0.4"},"Description":""}`},
			"cgminer/version cgminer/version-text whatsminer/get_version whatsminer/devdetails whatsminer/summary whatsminer/pools whatsminer/get_miner_info whatsminer/status"},
		{"Avalon that hides estats", "192.0.2.7:4028", map[string]string{
			"cgminer/version": `{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"PROD":"AvalonMiner 1166"}]}`,
			"cgminer/estats":  `{"STATUS":[{"STATUS":"E","Code":45,"Msg":"Access denied"}],"id":1}` + "\x00",
		}, "cgminer/version cgminer/estats cgminer/summary cgminer/pools cgminer/litestats cgminer/stats"},
		{"bare cgminer", "192.0.2.7:4028", map[string]string{"cgminer/version": block(22, "CGMiner versions", "cgminer 4.12.0")},
			"cgminer/version cgminer/summary cgminer/stats cgminer/devs cgminer/pools cgminer/devdetails"},
		{"TeamRedMiner", farPort, map[string]string{"http/": "STATUS=E,When=1,Code=14,Msg=Invalid command,Description=TeamRedMiner 0.10|\x00", "cgminer/version": block(22, "versions", "TeamRedMiner 0.10")},
			"http/ cgminer/version cgminer/devs cgminer/pools cgminer/summary cgminer/stats"},
		{"cgminer of text only", "192.0.2.7:4028", map[string]string{"cgminer/version-text": "STATUS=S,When=1,Code=22,Msg=CGMiner versions,Description=cgminer 2.1|VERSION,CGMiner=2.1,API=1.9|\x00"},
			"cgminer/version cgminer/version-text cgminer/summary cgminer/stats cgminer/devs cgminer/pools cgminer/devdetails"},
		{"ePIC", "192.0.2.7:4028", map[string]string{"cgminer/version": web("400 Bad Request", "", ""), "http/summary": ok(`{"Software":"PowerPlay v1","HBs":[]}`)},
			"cgminer/version http/summary http/capabilities http/network"},
		{"web server on 4028", "192.0.2.7:4028", map[string]string{"cgminer/version": web("400 Bad Request", "", "?"), "http/summary": web("404 Not Found", "", "no"), "http/": ok("ok")},
			"cgminer/version http/summary http/"},
		{"VNish", "192.0.2.7:80", map[string]string{"http/": ok("<title>AnthillOS</title>")}, "http/ http/api/v1/summary http/api/v1/info"},
		{"Bitaxe", "192.0.2.7:80", map[string]string{"http/": ok("<title>AxeOS</title>")}, "http/ http/api/system/info"},
		{"Goldshell", "192.0.2.7:80", map[string]string{"http/": ok("<title>cloud-box</title>")}, "http/ http/mcb/status http/mcb/cgminer http/mcb/setting"},
		{"Innosilicon", "192.0.2.7:80", map[string]string{"http/": ok("DragonMint")}, "http/ http/api/overview http/api/summary http/api/type"},
		{"old Avalon web", "192.0.2.7:80", map[string]string{"http/": ok("Avalon Device")}, "http/ http/get_minerinfo.cgi"},
		{"nginx", "192.0.2.7:80", map[string]string{"http/": ok("Welcome to nginx!")}, "http/"},
		{"XMRig 6", farPort, map[string]string{"http/": web("404 Not Found", "Access-Control-Allow-Methods: GET, PUT, POST, DELETE\r\n", `{"status":404,"error":"NOT_FOUND"}`), "http/2/summary": ok(`{"kind":"miner"}`)},
			"http/ http/2/summary"},
		{"xmrig-proxy", "192.0.2.7:8080", map[string]string{"http/": web("404 Not Found", "Access-Control-Allow-Methods: GET, PUT, POST, DELETE\r\n", ""), "http/2/summary": web("404 NOT_FOUND", "", ""), "http/1/summary": ok(`{"kind":"proxy"}`)},
			"http/ http/2/summary http/1/summary"},
		{"lolMiner", "192.0.2.7:8080", map[string]string{"http/": web("404 Not Found", "", "x"), "http/summary": ok(`{"Software":"lolMiner 1.80"}`)}, "http/ http/summary"},
		{"T-Rex", "192.0.2.7:4067", map[string]string{"http/summary": ok(`{"name":"t-rex"}`)}, "http/summary"},
		{"NBMiner", "192.0.2.7:22333", map[string]string{"http/api/v1/status": ok(`{"miner":{}}`)}, "http/api/v1/status"},
		{"GMiner", "192.0.2.7:10555", map[string]string{"http/stat": ok(`{"miner":"GMiner 3"}`)}, "http/stat"},
		{"ccminer", "192.0.2.7:4068", map[string]string{"ccminer/summary": "NAME=ccminer;VER=2.3;API=1.9;ALGO=x16r;KHS=1.5|\x00"}, "ccminer/summary ccminer/pool"},
		{"cpuminer", "192.0.2.7:4048", map[string]string{"ccminer/summary": "NAME=cpuminer-opt;VER=3.9;KHS=1.5|\x00"}, "ccminer/summary ccminer/threads"},
		{"Stratum pool", "192.0.2.7:3333", map[string]string{"stratum/subscribe": `{"id":1,"result":[[["mining.notify","ab"]],"08",4],"error":null}` + "\n"}, "stratum/subscribe"},
		{"PhoenixMiner", "192.0.2.7:3333", map[string]string{"claymore/miner_getstat1": `{"id":0,"result":["PM 5.6d - ETH"],"error":null}` + "\n"}, "stratum/subscribe claymore/miner_getstat1"},
		{"ethminer", farPort, map[string]string{"http/": "HTTP/1.1 200 Ok Error\r\nConnection: close\r\n\r\n<html>ethminer</html>", "claymore/miner_getstat1": `{"id":0,"jsonrpc":"2.0","result":["ethminer-0.19"]}` + "\n"},
			"http/ claymore/miner_getstat1"},
		{"ethminer behind a password", "192.0.2.7:3333", map[string]string{
			"stratum/subscribe": `{"id":1,"error":{"code":-32600,"message":"x"}}` + "\n", "claymore/miner_getstat1": `{"id":0,"error":{"code":-403,"message":"x"}}` + "\n"},
			"stratum/subscribe claymore/miner_getstat1 http/ claymore/miner_ping"},
		{"Stratum server of bfgminer", "192.0.2.7:3333", map[string]string{"stratum/subscribe": `{"params":["ff"],"id":null,"method":"mining.notify"}` + "\n" + `{"id":1,"result":[[["mining.notify","x"]],"ff",2],"error":null}` + "\n"}, "stratum/subscribe"},
		{"litecoind", "192.0.2.7:9332", map[string]string{"rpc/getmininginfo": web("401 Unauthorized", "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n", "")}, "rpc/getmininginfo"},
		{"litecoind where nobody expects it", farPort, map[string]string{"http/": web("405 Method Not Allowed", "", "JSONRPC server handles only POST requests"), "rpc/getmininginfo": ok(`{"result":{"blocks":1}}`)},
			"http/ rpc/getmininginfo rpc/getblockchaininfo"},
		{"geth, mining", "192.0.2.7:8545", map[string]string{"rpc/web3_clientVersion": ok(`{"result":"Geth/v1.10"}`), "rpc/eth_mining": ok(`{"result":true}`)},
			"rpc/web3_clientVersion rpc/eth_mining rpc/eth_hashrate rpc/eth_getWork"},
		{"geth, not mining", farPort, map[string]string{"http/": web("200 OK", "", ""), "rpc/web3_clientVersion": ok(`{"result":"Geth/v1.10"}`), "rpc/eth_mining": ok(`{"result":false}`)},
			"http/ rpc/web3_clientVersion rpc/eth_mining rpc/eth_hashrate"},
		{"monerod", "192.0.2.7:18081", map[string]string{"http/get_info": web("200 Ok", "Server: Epee-based\r\n", `{"height":1,"nettype":"mainnet"}`)},
			"http/get_info http/mining_status rpc/get_version"},
		{"monero-wallet-rpc", "192.0.2.7:18081", map[string]string{"http/get_info": web("404 Not found", "Server: Epee-based\r\n", "")},
			"http/get_info rpc/get_info"},
		{"VolcMiner", "192.0.2.7:8359", map[string]string{"cgminer/version": block(22, "CGMiner versions", "cgminer 1.0")},
			"cgminer/version cgminer/summary cgminer/stats cgminer/pools"},
		{"Antminer with the new form of stats", "192.0.2.7:4028", map[string]string{
			"cgminer/version": `{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"BMMiner":"1.0.0","Type":"Antminer S21"}]}`,
			"cgminer/stats":   `{"STATUS":{"STATUS":"S"},"INFO":{"type":"Antminer S21"},"STATS":[{"rate_5s":200123.4}]}`,
		}, "cgminer/version cgminer/stats cgminer/pools cgminer/summary cgminer/stats"},
		{"Antminer with the old form", "192.0.2.7:4028", map[string]string{
			"cgminer/version": `{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"BMMiner":"1.0.0","Type":"Antminer S19"}]}`,
			"cgminer/stats":   `{"STATUS":[{"STATUS":"S","Code":70}],"STATS":[{"Type":"Antminer S19"},{"GHS 5s":95000.1}]}`,
		}, "cgminer/version cgminer/stats cgminer/pools cgminer/summary"},
		{"SealMiner", "192.0.2.7:4028", map[string]string{"cgminer/version": block(22, "BDMiner versions", "bdminer 4.11.1")},
			"cgminer/version cgminer/stats cgminer/summary cgminer/pools"},
		{"Auradine", "192.0.2.7:4028", map[string]string{"cgminer/version": block(22, "GCMiner versions", "GCMiner-1")},
			"cgminer/version cgminer/devdetails cgminer/summary cgminer/pools cgminer/ipreport cgminer/psu cgminer/mode"},
		{"Avalon Q", "192.0.2.7:4028", map[string]string{
			"cgminer/version":   `{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"PROD":"Avalon Q"}]}`,
			"cgminer/litestats": `{"STATUS":[{"STATUS":"S","Code":70}],"STATS":[{"MM ID0":"Ver[Q]"}]}`,
		}, "cgminer/version cgminer/estats cgminer/summary cgminer/pools cgminer/litestats cgminer/stats"},
		{"iBeLink", "192.0.2.7:4029", map[string]string{"cgminer/version": block(22, "CGMiner versions", "cgminer 5.4.8")},
			"cgminer/version cgminer/summary cgminer/devs cgminer/pools cgminer/stats"},
		{"WhatsMiner of version 3", "192.0.2.7:4433", map[string]string{
			"whatsminer3/get.device.info":  framed(`{"code":0,"desc":"get.device.info","msg":{}}`),
			"whatsminer3/get.miner.status": framed(`{"code":0,"desc":"get.miner.status","msg":{}}`),
		}, "whatsminer3/get.device.info whatsminer3/get.miner.status"},
		{"WhatsMiner of version 3 that takes one parameter", "192.0.2.7:4433", map[string]string{
			"whatsminer3/get.device.info":  framed(`{"code":0,"desc":"get.device.info","msg":{}}`),
			"whatsminer3/get.miner.status": framed(`{"code":-3,"desc":"get.miner.status","msg":"invalid json item"}`),
		}, "whatsminer3/get.device.info whatsminer3/get.miner.status whatsminer3/get.miner.status whatsminer3/get.miner.status"},
		{"UniPlusOS", "192.0.2.7:80", map[string]string{"http/": ok("<title>UniPlusOS</title>")}, "http/ http/api/v1/summary http/api/v1/info"},
		{"IceRiver", "192.0.2.7:80", map[string]string{"http/": ok("<title>用户界面</title>")}, "http/ http/user/userpanel"},
		{"Obelisk", "192.0.2.7:80", map[string]string{"http/": ok("<title>Obelisk</title>")}, "http/ http/api/info"},
		{"Proto", "192.0.2.7:80", map[string]string{"http/": ok("<title>Proto OS</title>")}, "http/ http/api/v1/system"},
		{"AntBox", "192.0.2.7:80", map[string]string{"http/": ok("<title>AntBox</title>")}, "http/ http/cooler"},
		{"MultMiner", "192.0.2.7:80", map[string]string{"http/": ok(`<script>get("/gst.csp")</script>`)}, "http/ http/gst.csp"},
		{"xmr-stak", "192.0.2.7:44444", map[string]string{"http/": web("307 Temporary Redirect", "Location: http://192.0.2.7:44444/h\r\n", ""), "http/api.json": ok(`{"version":"xmr-stak/2"}`)},
			"http/ http/api.json"},
		{"T-Rex's text", "192.0.2.7:4058", map[string]string{"ccminer/summary": `{"name":"t-rex"}`}, "ccminer/summary"},
		{"iximiner", "192.0.2.7:4068", map[string]string{"ccminer/summary": web("400 Bad Request", "", ""), "http/status": ok(`[{"name":"ixi"}]`)},
			"ccminer/summary http/status http/summary http/"},
		{"Rigel under HiveOS", "192.0.2.7:4067", map[string]string{"http/summary": web("404 Not Found", "", ""), "http/stat": ok(`{"miner":"rigel"}`)}, "http/summary http/stat http/"},
		{"Bminer", "192.0.2.7:1880", map[string]string{"http/api/v1/status/solver": ok(`{"devices":{"0":{"solvers":[]}}}`)},
			"http/api/v1/status/solver http/api/v1/status/stratum http/api/status"},
		{"old Bminer", "192.0.2.7:8080", map[string]string{"http/": ok("<title>Bminer</title>")},
			"http/ http/api/v1/status/solver http/api/v1/status/stratum http/api/status"},
		{"miniZ", "192.0.2.7:20000", map[string]string{"getstat/getstat": `{"id":"0","method":"getstat","error":null,"result":[{"speed_sps":31.2}]}` + "\n"}, "getstat/getstat"},
		{"miniZ over HTTP", "192.0.2.7:20000", map[string]string{"getstat/getstat": web("400 Bad Request", "", ""), "http/getstat": ok(`{"method":"getstat"}`)}, "getstat/getstat http/getstat http/"},
		{"EWBF", "192.0.2.7:42000", map[string]string{"http/getstat": ok(`{"method":"getstat"}`)}, "http/getstat"},
		{"raw EWBF", "192.0.2.7:42000", map[string]string{"getstat/getstat": `{"method":"getstat","error":null,"result":[]}`}, "http/getstat getstat/getstat"},
		{"Excavator", "192.0.2.7:3456", map[string]string{"excavator/subscribe.info": `{"id":1,"address":"a:1","login":"b","connected":true,"error":null}` + "\n"},
			"excavator/subscribe.info excavator/algorithm.list"},
		{"rhminer", "192.0.2.7:7111", map[string]string{"rhminer/space": `{"infos":[],"speed":10}`}, "rhminer/space"},
		{"Swarm", "192.0.2.7:6099", map[string]string{"stats/text": `{"hsu":"khs"}`}, "stats/text"},
		{"mkxminer", "192.0.2.7:5008", map[string]string{"http/stats": ok(`{"main":{"minerVersion":"4.2.0"}}`)}, "http/stats"},
		{"GrinPro", "192.0.2.7:5777", map[string]string{"http/api/status": ok(`{"workers":[]}`)}, "http/api/status"},
		{"hspminer", "192.0.2.7:16666", map[string]string{"http/api/v1": ok(`{"miner":[]}`)}, "http/api/v1"},
		{"CastXMR", "192.0.2.7:7777", map[string]string{"http/": ok(`{"total_hash_rate":1}`)}, "http/"},
		{"AutoMiner", "192.0.2.7:1234", map[string]string{"http/summary": ok(`{"GPUMiner":"ccminer"}`)}, "http/summary"},
		{"NiceHash relay", "192.0.2.7:4005", map[string]string{"claymore/miner_getstat1": `{"id":0,"result":["12.0 - ETH"],"error":null}` + "\n"}, "claymore/miner_getstat1"},
		{"CryptoNote pool", "192.0.2.7:14444", map[string]string{
			"stratum/subscribe": `{"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"Unauthenticated"}}` + "\n", "http/": ok("Mining Pool Online")},
			"stratum/subscribe http/ claymore/miner_getstat1"},
		{"CryptoNote pool that closes", "192.0.2.7:5555", map[string]string{"http/": ok("mining server online")}, "stratum/subscribe claymore/miner_getstat1 http/"},
		{"CryptoNote pool's API", "192.0.2.7:8117", map[string]string{"http/stats": web("404 Not Found", "", ""), "http/live_stats": ok(`{"pool":{}}`)}, "http/stats http/live_stats http/"},
		{"nodejs-pool's API", "192.0.2.7:8001", map[string]string{"http/pool/stats": ok(`{"pool_statistics":{}}`)}, "http/pool/stats"},
		{"open-ethereum-pool", "192.0.2.7:8008", map[string]string{"claymore/eth_getWork": `{"id":1,"jsonrpc":"2.0","result":["0x1","0x2","0x3"]}` + "\n"},
			"stratum/subscribe claymore/eth_getWork"},
		{"getwork of open-ethereum-pool", "192.0.2.7:8888", map[string]string{"http/": web("405 Method Not Allowed", "", "rpc: POST method required, received GET"), "rpc/eth_getWork": ok(`{"result":["0x1","0x2","0x3"]}`)},
			"http/ rpc/eth_getWork"},
		{"API of open-ethereum-pool", "192.0.2.7:8080", map[string]string{"http/": web("404 Not Found", "", "404 page not found\n"), "http/api/stats": ok(`{"nodes":[]}`)}, "http/ http/api/stats http/summary"},
		{"NOMP", "192.0.2.7:8080", map[string]string{"http/": ok("<title>NOMP</title>"), "http/api/stats": ok(`{"pools":{}}`)}, "http/ http/api/stats"},
		{"yiimp", "192.0.2.7:80", map[string]string{"http/": ok("Yiimp")}, "http/ http/api/status"},
		{"public-pool's API", "192.0.2.7:3334", map[string]string{"stratum/subscribe": web("400 Bad Request", "", ""), "http/": web("404 Not Found", "", `{"message":"Cannot GET /","statusCode":404}`)},
			"stratum/subscribe http/ http/api/info http/api/pool"},
		{"Kaspa bridge", "192.0.2.7:2114", map[string]string{"http/metrics": ok("ks_valid_share_counter 1")}, "http/metrics"},
		{"P2Pool of Bitcoin's kin", "192.0.2.7:9332", map[string]string{"rpc/getmininginfo": web("501 x", "Server: TwistedWeb/19\r\n", "")}, "rpc/getmininginfo http/local_stats"},
		{"lotus-miner", "192.0.2.7:2345", map[string]string{"rpc/Filecoin.Version": ok(`{"error":{"message":"missing permission to invoke 'Version'"}}`)}, "rpc/Filecoin.Version"},
		{"lotus", "192.0.2.7:1234", map[string]string{"http/summary": web("404 Not Found", "", "")}, "http/summary rpc/Filecoin.Version"},
		{"Stratum V2 pool", "192.0.2.7:34254", map[string]string{"sv2/handshake": strings.Repeat("\xe7", 234)}, "stratum/subscribe sv2/handshake"},
		{"Stratum V2 pool that answers whatever 64 bytes", "192.0.2.7:34254", map[string]string{"stratum/subscribe": strings.Repeat("\xe7", 234), "sv2/handshake": strings.Repeat("\xe7", 234)}, "stratum/subscribe sv2/handshake"},
		{"web server on a port of Stratum V2", "192.0.2.7:8442", map[string]string{"stratum/subscribe": web("400 Bad Request", "", ""), "http/": ok("x")}, "stratum/subscribe http/"},
		{"Bitmain test port", "192.0.2.7:6060", map[string]string{"http/productName": ok("Antminer S19")}, "http/productName http/get_sn"},
		{"pprof on Bitmain's test port", "192.0.2.7:6060", map[string]string{"http/productName": web("404 Not Found", "", "Avalon AxeOS")}, "http/productName"},
		{"silent test port", "192.0.2.7:6060", nil, "http/productName"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := device(t, c.answers)
			replies, err := asker(d).Ask(t.Context(), openPort(c.target), minesweep.Known{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(probesOf(replies), " "); got != c.want {
				t.Errorf("asked %s\nwant  %s", got, c.want)
			}
			checkManners(t, d, replies)
			for _, r := range replies {
				if r.At != epoch || r.Target.String() != c.target {
					t.Errorf("%s: at %v of %v", r.Probe, r.At, r.Target)
				}
			}
		})
	}
}

// checkManners holds for every conversation: one connection at a time, all
// closed, twelve at most, and only our own bytes were sent.
func checkManners(t *testing.T, d *server, replies []minesweep.Reply) {
	t.Helper()
	if d.most.Load() > 1 || d.open.Load() != 0 {
		t.Errorf("%d connections at a time, %d left open", d.most.Load(), d.open.Load())
	}
	if n := d.dials.Load(); n > maxRequests {
		t.Errorf("%d connections", n)
	}
	for _, r := range replies {
		ours := slices.ContainsFunc(All, func(p Probe) bool {
			return p.Name == r.Probe && string(r.Request) == strings.ReplaceAll(p.Request, "{host}", r.Target.String())
		})
		if !ours {
			t.Errorf("%s: sent %q", r.Probe, r.Request)
		}
	}
}

func TestClosingPortTakesFiveHandshakes(t *testing.T) {
	for target, maxHandshakes := range map[string]int{
		farPort: maxHandshakes, "192.0.2.7:443": maxHandshakes, "192.0.2.7:4067": maxHandshakes,
		"192.0.2.7:3333": maxHandshakes, // the last one inside TLS
		"192.0.2.7:4028": maxHandshakes - 1,
	} {
		d := device(t, nil) // closes on every question
		replies, err := asker(d).Ask(t.Context(), openPort(target), minesweep.Known{})
		if err != nil || len(replies) != maxHandshakes || int(d.dials.Load()) != maxHandshakes {
			t.Errorf("%s: %d replies over %d connections, %v", target, len(replies), d.dials.Load(), err)
		}
		for _, r := range replies {
			if r.End != minesweep.EndEOF || r.Refused == "" || len(r.Raw) != 0 {
				t.Errorf("%s: %s ended %s (%s)", target, r.Probe, r.End, r.Refused)
			}
		}
	}
}

// TestTalkativeDevice answers so that as many follow-ups as possible are asked.
func TestTalkativeDevice(t *testing.T) {
	answers := make(map[string]string)
	for _, p := range All {
		answers[p.Name] = "HTTP/1.1 404 x\r\nServer: Epee-based\r\n\r\n" + `{"STATUS":[{"STATUS":"S"}],"error":{"code":-3},"result":true} cgminer`
	}
	for port := range uint16(65000) {
		if _, hinted := openingOf(port, known{}); !hinted {
			continue
		}
		d := device(t, answers)
		replies, _ := asker(d).Ask(t.Context(), openPort(fmt.Sprintf("192.0.2.7:%d", port)), minesweep.Known{})
		if len(replies) > maxRequests {
			t.Errorf("port %d: %d requests", port, len(replies))
		}
		checkManners(t, d, replies)
	}
}

// TestRequestsAreBounded queues more than may be asked.
func TestRequestsAreBounded(t *testing.T) {
	d := device(t, map[string]string{"http/": web("200 OK", "", "hello")})
	talk := newTalk(asker(d).cfg, openPort("192.0.2.7:80").Target, known{})
	for _, p := range All {
		talk.queue = append(talk.queue, followUp{key: p.key(), telling: true})
	}
	talk.hold(t.Context())
	if len(talk.replies) != maxRequests || d.dials.Load() != maxRequests {
		t.Errorf("%d replies over %d connections, want %d", len(talk.replies), d.dials.Load(), maxRequests)
	}
}

type dialFunc func(context.Context, netip.AddrPort) (net.Conn, error)

func (f dialFunc) Dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) { return f(ctx, a) }

func TestRefusalAndDeadHostEndWithoutError(t *testing.T) {
	for _, cause := range []error{fmt.Errorf("%w: excluded", minesweep.ErrRefused), errors.New("connection refused")} {
		d := device(t, map[string]string{"cgminer/version": block(22, "CGMiner versions", "cgminer 4.12.0")})
		left := 3
		dial := dialFunc(func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
			if left--; left < 0 {
				return nil, cause
			}
			return d.Dial(ctx, a)
		})
		replies, err := asker(dial).Ask(t.Context(), openPort("192.0.2.7:4028"), minesweep.Known{})
		if err != nil || len(replies) != 3 || left != -1 {
			t.Errorf("after %v: %d replies, %d dials too many, error %v", cause, len(replies), -1-left, err)
		}
	}
}

func TestCancelEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		cancel() // while the asker waits for our answer
		_, _ = conn.Read(make([]byte, 1))
	})
	replies, err := asker(s).Ask(ctx, openPort("192.0.2.7:80"), minesweep.Known{})
	if !errors.Is(err, context.Canceled) || len(replies) != 0 || s.dials.Load() != 1 {
		t.Errorf("Ask gave %d replies and %v after %d connections", len(replies), err, s.dials.Load())
	}
}

func TestBannerEndsIt(t *testing.T) {
	for _, banner := range []string{"SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "* OK IMAP4\r\n", "\x4a\x00\x00\x00\x0a8.0.30\x00"} {
		s := serve(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte(banner))
			_, _ = conn.Read(make([]byte, 4096))
		})
		replies, err := NewAsker(AskerConfig{Dialer: s, Banner: time.Minute}).Ask(t.Context(), openPort(farPort), minesweep.Known{})
		if err != nil || !slices.Equal(probesOf(replies), []string{"banner"}) || string(replies[0].Raw) != banner {
			t.Errorf("%q: %q, %v", banner, probesOf(replies), err)
		}
		// Where a question is hinted it goes first, and the banner is its answer.
		replies, err = asker(s).Ask(t.Context(), openPort("192.0.2.7:4067"), minesweep.Known{})
		if err != nil || !slices.Equal(probesOf(replies), []string{"http/summary"}) {
			t.Errorf("%q on a hinted port: %q, %v", banner, probesOf(replies), err)
		}
	}
}

func TestAMachineOutOfSocketsIsNoSilentPeer(t *testing.T) {
	for _, cause := range []error{syscall.EMFILE, syscall.EADDRNOTAVAIL} {
		dial := dialFunc(func(context.Context, netip.AddrPort) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", cause)}
		})
		target := netip.MustParseAddrPort("192.0.2.7:4028")
		replies, err := NewAsker(AskerConfig{Dialer: dial}).Ask(t.Context(), minesweep.OpenPort{Target: target}, minesweep.Known{})
		if len(replies) != 0 || !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "host 192.0.2.7: dial 192.0.2.7:4028: ") {
			t.Errorf("%v: got %d replies and %v", cause, len(replies), err)
		}
	}
}
