package probes

import (
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// never are words that change a device, name a worker or open a door. They
// must not stand in any request, not even as a part of a path.
var never = []string{
	"switchpool", "enablepool", "addpool", "poolpriority", "poolquota", "disablepool", "removepool",
	"save", "quit", "restart", "reboot", "zero", "debug", "failover", "setconfig", "hotplug", "lockstats", "devscan",
	"ascset", "ascenable", "ascdisable", "ascidentify", "pgaset", "pgaenable", "pgadisable", "pgaidentify",
	"gpuset", "gpuenable", "gpudisable", "gpuengine", "gpumem", "gpufan", "gpuvddc", "gpuintensity",
	"reload", "pause", "resume", "logon", "logoff", "kill", "curtail", "atmset", "autotunerset", "profileset",
	"voltageset", "frequencyset", "fanset", "ledset", "limitset", "netset", "updaterun", "resetminer", "privileged",
	"get_token", "open_write_api", "set_", "set.", "update_", "power_on", "power_off", "factory_reset", "download",
	"net_config", "load_log", "pre_power_on", "enable_", "disable_", "get.log",
	"set_work_mode", "cgi-bin", "find-miner", "locate", "identify", "/login", "loginpost", "machineconfig", "post=5",
	"/config", "/control", "do-update", "mcb/pools", "/pools.cgi", "operation=set", "graphql",
	"miner_restart", "miner_reboot", "miner_shuffle", "miner_file", "miner_getfile", "miner_setfile",
	"setactiveconnection", "addconnection", "removeconnection", "setscramblerinfo", "setverbosity", "control_gpu",
	"authorize", "submit", "extranonce.subscribe", "suggest_", `"login"`, "eth_submit", "keepalived",
	"generate", "prioritisetransaction", "miner_start", "miner_stop", "setetherbase", "start_mining", "stop_mining",
	"getblocktemplate", "getwork\"",
	"authorization", "cookie", "password", "token",
}

func TestRequestsAreHarmless(t *testing.T) {
	for _, p := range All {
		request := strings.ToLower(p.Request)
		for _, word := range never {
			if word == `getwork"` && strings.Contains(request, `"eth_getwork"`) {
				continue // a read of open-ethereum-pool and geth; only bitcoind's getwork is costly
			}
			if strings.Contains(request, strings.ToLower(word)) {
				t.Errorf("%s: the request contains %q, which is never sent", p.Name, word)
			}
		}
	}
}

// TestNeverListBites shows that the list above would catch what it is for.
func TestNeverListBites(t *testing.T) {
	for _, request := range []string{
		`{"command":"restart"}`, `{"command":"ascset","parameter":"0,help"}`, `{"cmd":"get_token"}`,
		"GET /cgi-bin/reboot.cgi HTTP/1.1\r\n\r\n", `{"id":2,"method":"mining.authorize","params":["a","b"]}`,
		"GET / HTTP/1.1\r\nAuthorization: Basic YTph\r\n\r\n",
	} {
		if !slices.ContainsFunc(never, func(w string) bool { return strings.Contains(strings.ToLower(request), strings.ToLower(w)) }) {
			t.Errorf("%q passes the never-send list", request)
		}
	}
}

var (
	getForm  = regexp.MustCompile(`^GET /[A-Za-z0-9_./]*(\?[a-zA-Z]+=[a-zA-Z0-9]+)? HTTP/1\.1\r\nHost: \{host\}\r\nUser-Agent: minesweep/1\.0\r\nAccept: \*/\*\r\nConnection: close\r\n\r\n$`)
	postForm = regexp.MustCompile(`^POST (/|/json_rpc|/rpc/v0) HTTP/1\.1\r\nHost: \{host\}\r\nUser-Agent: minesweep/1\.0\r\nAccept: \*/\*\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: (\d+)\r\n\r\n(\{.*\})$`)
	rpcReads = []string{"getmininginfo", "getblockchaininfo", "web3_clientVersion", "eth_mining", "eth_hashrate", "eth_getWork", "get_info", "get_version", "Filecoin.Version"}
)

// TestAllowList holds every request against the list in testdata, name and
// bytes: one that is added or changed must be added or changed there as well,
// by somebody who has read the never-send list. What leaves is what is in All;
// TestOnlyTheConstantLeaves shows that.
func TestAllowList(t *testing.T) {
	allowed, err := os.ReadFile("testdata/allowed.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(allowed)), "\n")
	for _, p := range All {
		line := fmt.Sprintf("%s: %q", p.key(), strings.ReplaceAll(strings.ReplaceAll(p.Request, getHead, "{get}"), postHead, "{post}"))
		if at := slices.Index(lines, line); at >= 0 {
			lines = slices.Delete(lines, at, at+1)
		} else {
			t.Errorf("not in testdata/allowed.txt: %s", line)
		}
	}
	for _, line := range lines {
		t.Errorf("in testdata/allowed.txt, and not asked: %s", line)
	}
}

func TestHTTPRequestsHaveOneForm(t *testing.T) {
	for _, p := range All {
		family, method, _ := strings.Cut(p.Name, "/")
		switch m := postForm.FindStringSubmatch(p.Request); {
		case family == "http":
			if !getForm.MatchString(p.Request) {
				t.Errorf("%s: %q is no plain GET", p.Name, p.Request)
			}
		case family == "rpc":
			if m == nil || m[2] != strconv.Itoa(len(m[3])) || !slices.Contains(rpcReads, method) {
				t.Errorf("%s: %q is no POST of a listed read with the right length", p.Name, p.Request)
			}
		case strings.Contains(p.Request, "HTTP/") || strings.Contains(p.Request, hostMark):
			t.Errorf("%s: %q mixes HTTP into another protocol", p.Name, p.Request)
		}
	}
}

// TestFramedRequestsHaveTheirLength: a wrong one makes the device wait.
func TestFramedRequestsHaveTheirLength(t *testing.T) {
	for _, p := range whatsminer3Probes {
		if n := binary.LittleEndian.Uint32([]byte(p.Request)); int(n) != len(p.Request)-lengthBytes || p.Request[lengthBytes] != '{' {
			t.Errorf("%s: %q has %d bytes and says %d", p.key(), p.Request, len(p.Request)-lengthBytes, n)
		}
	}
	if len(sv2Handshake) != 64 {
		t.Errorf("the first act has %d bytes", len(sv2Handshake))
	}
}

func TestNamesRoundTrip(t *testing.T) {
	target := netip.MustParseAddrPort("192.0.2.7:80")
	seen := make(map[string]bool)
	for _, p := range All {
		for _, proto := range []string{"", "tcp"} {
			if got := NameOf(proto, p.fill(target)); got != p.Name {
				t.Errorf("NameOf(%q, request of %s) = %s", proto, p.Name, got)
			}
		}
		if seen[p.key()] {
			t.Errorf("%s is in All twice", p.key())
		}
		seen[p.key()] = true
	}
}

// TestRequestsAreConstants reads the sources: a Request is the name of a
// constant of requests.go, and each of those is used once.
func TestRequestsAreConstants(t *testing.T) {
	used := make(map[string]int)
	for _, name := range []string{"requests.go", "banner.go", "ccminer.go", "cgminer.go", "claymore.go", "http.go", "rpc.go", "stratum.go", "whatsminer.go", "xmrig.go",
		"sv2.go", "getstat.go", "excavator.go", "anybyte.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if name == "requests.go" {
					used[n.Names[0].Name] += 0
				}
			case *ast.FuncDecl:
				t.Errorf("%s: there is a function, %s", name, n.Name.Name)
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Request" {
					value, ok := n.Value.(*ast.Ident)
					if !ok {
						t.Errorf("%s: a Request is not the name of a constant", name)
						return true
					}
					used[value.Name]++
				}
			}
			return true
		})
	}
	for _, part := range []string{"hostMark", "getHead", "postHead"} {
		delete(used, part)
	}
	for name, n := range used {
		if n != 1 {
			t.Errorf("constant %s is the request of %d probes, want 1", name, n)
		}
	}
	if len(used) != len(All)-len(bannerProbes) {
		t.Errorf("%d constants for %d probes", len(used), len(All)-len(bannerProbes))
	}
}
