package lab

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"minesweep"
	"minesweep/probes"
	"minesweep/recordings"
)

// vocabulary are names that APIs of miners, pools and nodes use, and others
// too. No product's own name stands here.
var vocabulary = []string{
	"hashrate", "hash_rate", "miner", "miners", "pool", "pools", "workers", "worker", "algorithm", "algo", "devices",
	"stratum", "version", "uptime", "accepted", "rejected", "gpus", "name", "status", "type", "model", "kind", "power",
	"temp", "fan", "url", "user", "total", "now", "shares", "id", "upstreams", "difficulty", "height", "network",
	"config", "session", "mining", "devs", "summary", "stats", "server", "speed", "coin", "blocks", "connection",
	"results", "api", "description", "code", "msg", "mac", "hostname", "serial", "firmware", "hardware", "fans",
	"temperature", "rate", "unit", "ports", "fee", "nodes", "active", "threads", "highest", "ping", "donate_level",
}

var words = []string{
	"ok", "idle", "running", "eth0", "v1.2.3", "2.0.1", "sha256", "kawpow", "cpu0", "GPU 0", "pool.example.org:3333",
	"stratum+tcp://pool.example.org:3333", "admin", "main", "mainnet", "mining", "S", "E", "success", "0x1", "true", "",
	"Antminer", "miner", "worker1", "H/s", "TH/s", "MH/s", "0", "1.5", "localhost", "unknown", "none", "Alive",
}

// value is a JSON value at most so deep.
func value(r *rand.Rand, depth int) string {
	switch kind := r.IntN(8); {
	case kind < 2 && depth > 0:
		return object(r, depth-1)
	case kind == 2 && depth > 0:
		items := make([]string, r.IntN(4))
		for i := range items {
			items[i] = value(r, depth-1)
		}
		return "[" + strings.Join(items, ",") + "]"
	case kind < 5:
		return strconv.Quote(pick(r, words))
	case kind == 5:
		return strconv.FormatFloat(r.Float64()*1e6, 'f', 2, 64)
	case kind == 6:
		return pick(r, []string{"true", "false", "null"})
	}
	return strconv.Itoa(r.IntN(100000))
}

func object(r *rand.Rand, depth int) string {
	members := make([]string, 1+r.IntN(10))
	for i := range members {
		key := pick(r, vocabulary)
		if r.IntN(4) == 0 {
			key = strings.ToUpper(key)
		}
		members[i] = strconv.Quote(key) + ":" + value(r, depth)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// jsonAPI answers 200 and JSON to every path and method.
func jsonAPI(r *rand.Rand) Simulated {
	head := "HTTP/1.1 200 OK\nContent-Type: application/json\nServer: " +
		pick(r, []string{"nginx", "Werkzeug/2.3.7 Python/3.11", "Kestrel", "gunicorn", "Jetty(9.4.50)"}) + "\n\n"
	return inventedHost("json", r, recordings.Section{Probe: "http/", Text: head + object(r, 3)},
		recordings.Section{Probe: anyPath, Text: head + object(r, 3)})
}

// jsonLines answers each line with a JSON-RPC answer of its own making.
func jsonLines(r *rand.Rand) Simulated {
	text := fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0",%q:%s}`, r.IntN(2), pick(r, []string{"result", "error", "params"}), value(r, 2))
	return inventedHost("lines", r, recordings.Section{Probe: "stratum/subscribe", Text: text, End: minesweep.EndIdle})
}

// wordPage is a page about mining on every path.
func wordPage(r *rand.Rand) Simulated {
	text := make([]string, 40)
	for i := range text {
		text[i] = pick(r, vocabulary)
		if r.IntN(3) == 0 {
			text[i] = pick(r, words)
		}
	}
	page := fmt.Sprintf("HTTP/1.1 %s\nContent-Type: text/html\nServer: nginx\n\n<html><head><title>%s</title></head><body>%s</body></html>",
		pick(r, []string{"200 OK", "200 OK", "404 Not Found", "401 Unauthorized", "403 Forbidden"}), strings.Join(text[:3], " "), strings.Join(text, " "))
	return inventedHost("page", r, recordings.Section{Probe: "http/", Text: page}, recordings.Section{Probe: anyPath, Text: page})
}

// keyValues answers anything with KEY=value text, as ccminer's kin do, in
// words of another trade.
func keyValues(r *rand.Rand) Simulated {
	between, pairs := pick(r, []string{";", ",", "\n"}), make([]string, 2+r.IntN(8))
	for i := range pairs {
		pairs[i] = strings.ToUpper(pick(r, vocabulary)) + "=" + pick(r, words)
	}
	return inventedHost("pairs", r, recordings.Section{Probe: "other", Text: strings.Join(pairs, between) + "|"})
}

// asciiBanner speaks first, a line of printable characters.
func asciiBanner(r *rand.Rand) Simulated {
	b := make([]byte, 1+r.IntN(120))
	for i := range b {
		b[i] = ' ' + byte(r.IntN('~'-' '+1))
	}
	return inventedHost("banner", r, recordings.Section{Probe: probes.Banner, Text: string(b) + "!", End: minesweep.EndIdle})
}

// binaryBanner speaks first, bytes of any kind.
func binaryBanner(r *rand.Rand) Simulated {
	b := make([]byte, 1+r.IntN(400))
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return inventedHost("bytes", r, recordings.Section{Probe: probes.Banner, Text: string(b), End: minesweep.EndIdle, Exact: true})
}
