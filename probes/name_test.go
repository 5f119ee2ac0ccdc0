package probes

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestNameOf(t *testing.T) {
	for _, c := range []struct{ proto, request, want string }{
		{"tcp", "", "banner"},
		{"", "", "banner"},
		{"tcp", `{"command":"version"}`, "cgminer/version"},
		{"tcp", `{"command":"stats","new_api":true}`, "cgminer/stats"},
		{"tcp", `{"command": "summary+pools", "parameter": ""}` + "\n", "cgminer/summary+pools"},
		{"tcp", `{"cmd":"get_version"}`, "whatsminer/get_version"},
		{"tcp-len32le", `{"cmd":"get.device.info"}`, "whatsminer3/get.device.info"},
		{"tcp-len32le", "\x19\x00\x00\x00" + `{"cmd":"get.device.info"}`, "whatsminer3/get.device.info"},
		{"tcp", "version", "cgminer/version-text"},
		{"tcp", "version\n", "cgminer/version-text"},
		{"tcp", "summary|", "ccminer/summary"},
		{"tcp", "summary\n", "ccminer/summary"},
		{"tcp", "summary\x00", "ccminer/summary"},
		{"", "summary", "ccminer/summary"},
		{"tcp", "pool|", "ccminer/pool"},
		{"tcp", `{"id":1,"method":"mining.subscribe","params":[]}` + "\n", "stratum/subscribe"},
		{"tcp", `{"id":0,"jsonrpc":"2.0","method":"miner_getstat1"}` + "\n", "claymore/miner_getstat1"},
		{"tcp", `{"id":1,"jsonrpc":"2.0","method":"eth_getWork","params":[]}` + "\n", "claymore/eth_getWork"},
		{"http", "/", "http/"},
		{"http", "/mcb/cgminer?cgminercmd=devs", "http/mcb/cgminer"},
		{"", "GET /2/summary HTTP/1.1\nHost: 127.0.0.1:1\n\n", "http/2/summary"},
		{"http", "GET /a?b=c HTTP/1.0\r\n\r\n", "http/a"},
		{"", "POST / HTTP/1.1\nContent-Length: 3\n\n" + `{"method":"eth_mining"}`, "rpc/eth_mining"},
		{"http", "POST /json_rpc HTTP/1.1\r\nA: b\r\n\r\n" + `{"method":"get_info"}`, "rpc/get_info"},
		{"", "HEAD / HTTP/1.1\n\n", "other"},
		{"", "POST / HTTP/1.1\n\n", "other"},
		{"http", "pools (web command name)", "other"},
		{"tcp", " ", "rhminer/space"},
		{"", " ", "rhminer/space"},
		{"tcp", "\n", "other"},
		{"tcp", "stats\n", "stats/text"},
		{"", "stats\r\n", "stats/text"},
		{"tcp", `{"id":"0", "method":"getstat"}`, "getstat/getstat"},
		{"tcp", `{"id":1,"method":"getstat"}` + "\n", "getstat/getstat"},
		{"http", "/getstat", "http/getstat"},
		{"tcp", `{"id":1,"method":"subscribe.info","params":[]}` + "\n", "excavator/subscribe.info"},
		{"tcp", `{"id":1,"method":"algorithm.list","params":[]}`, "excavator/algorithm.list"},
		{"tcp", `{"id":1,"method":"devices.get","params":[]}`, "excavator/devices.get"},
		{"tcp", `{"id":1,"method":"server.version"}`, "other"},
		{"", "\x19\x00\x00\x00" + `{"cmd":"get.device.info"}`, "whatsminer3/get.device.info"},
		{"tcp", "\x2c\x00\x00\x00" + `{"cmd":"get.miner.status","param":"summary"}`, "whatsminer3/get.miner.status"},
		{"tcp", "\x19\x00\x00\x00" + `{"cmd":"get.device.inf`, "other"},
		{"tcp", strings.Repeat("\xf7", 64), "sv2/handshake"},
		{"tcp", strings.Repeat("a", 64), "other"},
		{"tcp", strings.Repeat("\xf7", 63), "other"},
		{"", "POST /rpc/v0 HTTP/1.1\r\n\r\n" + `{"method":"Filecoin.Version"}`, "rpc/Filecoin.Version"},
		{"tcp", `{"id":1,"method":"login"}`, "other"},
		{"tcp", `{"id":1,"method":"mining.subscribe"}` + "\n" + `{"id":2,"method":"mining.authorize"}`, "other"},
		{"tcp", `{"command":"a\u0000b"}`, "other"},
		{"tcp", `{"command":"` + strings.Repeat("x", 300) + `"}`, "other"},
		{"http", "/a\nb", "other"},
	} {
		if got := NameOf(c.proto, []byte(c.request)); got != c.want {
			t.Errorf("NameOf(%q, %.60q) = %s, want %s", c.proto, c.request, got, c.want)
		}
	}
}

// TestNameOfRecordings counts what has no name: a new kind of request in the
// shared recordings must not slip by.
func TestNameOfRecordings(t *testing.T) {
	for file, most := range map[string]int{"dev.jsonl": 8, "programs.jsonl": 6} {
		f, err := os.Open("../../shared/recordings/" + file)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the shared recordings are not here")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		others := 0
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var row struct {
				Proto, Request string
				Base64         string `json:"request_base64"`
			}
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			if row.Base64 != "" {
				b, _ := base64.StdEncoding.DecodeString(row.Base64)
				row.Request = string(b)
			}
			if NameOf(row.Proto, []byte(row.Request)) == Other {
				t.Logf("%s: %s %.70q", file, row.Proto, row.Request)
				others++
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if others > most {
			t.Errorf("%s: %d requests are without a name, want at most %d", file, others, most)
		}
	}
}

func FuzzNameOf(f *testing.F) {
	f.Add("tcp", []byte(`{"command":"version"}`))
	f.Add("", []byte("POST / HTTP/1.1\r\n\r\n{}"))
	f.Add("tcp-len32le", []byte("\x01\x00\x00\x00{"))
	f.Fuzz(func(t *testing.T, proto string, request []byte) {
		name := NameOf(proto, request)
		if name == "" || len(name) > 200 || strings.ContainsAny(name, " \n\x00") {
			t.Errorf("NameOf(%q, %q) = %q", proto, request, name)
		}
	})
}
