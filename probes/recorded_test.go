package probes

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"minesweep"
)

// recorded is what one port of one recorded peer answers, by question.
type recorded struct {
	peer    string
	port    int
	answers map[string]string
}

func readRecorded(t *testing.T, file string) []*recorded {
	t.Helper()
	f, err := os.Open("../../shared/recordings/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the shared recordings are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []*recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var row struct {
			Device, Target, Proto, Request, Response string
			Port, Status                             int
			Login                                    bool
			Base64                                   string `json:"response_base64"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Login {
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(row.Base64); err == nil && len(b) > 0 {
			row.Response = string(b)
		}
		if row.Proto == "http" {
			row.Response = fmt.Sprintf("HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s", max(row.Status, http.StatusOK), len(row.Response), row.Response)
		}
		peer := row.Device + row.Target
		at := slices.IndexFunc(all, func(r *recorded) bool { return r.peer == peer && r.port == row.Port })
		if at < 0 {
			at = len(all)
			all = append(all, &recorded{peer: peer, port: row.Port, answers: make(map[string]string)})
		}
		name := NameOf(row.Proto, []byte(row.Request))
		if name != "rpc/getmininginfo" || all[at].answers[name] == "" {
			all[at].answers[name] = row.Response
		}
	}
	return all
}

// mustAsk names, for some recorded peers, the question that tells the most.
var mustAsk = map[string]string{
	"debian-xmrig-deadpool:16010":      "http/2/summary",
	"monerod:18081":                    "http/mining_status",
	"litecoind:19443":                  "rpc/getmininginfo",
	"hsd:14037":                        "rpc/getmininginfo",
	"geth1.10:8545":                    "rpc/eth_getWork",
	"npm-foundation-stratum:3337":      "stratum/subscribe",
	"LuxOS (Antminer S19k Pro):4028":   "cgminer/power",
	"Avalon Q:4028":                    "cgminer/stats",
	"WhatsMiner v2:4028":               "whatsminer/summary",
	"antminer: Antminer S9 (bOS):4028": "cgminer/pools",
	"lolminer: Lolminer1_0:8080":       "http/summary",
}

// TestRecordedPeers sets the asker before every recorded peer: it must keep its
// manners, and come to the question that tells the most.
func TestRecordedPeers(t *testing.T) {
	for _, file := range []string{"dev.jsonl", "programs.jsonl"} {
		for _, peer := range readRecorded(t, file) {
			if strings.HasPrefix(peer.peer, "lolminer") {
				peer.answers["http/"] = web("404 Not Found", "", "") // not recorded
			}
			d := device(t, peer.answers)
			replies, err := asker(d).Ask(t.Context(), openPort(fmt.Sprintf("192.0.2.7:%d", peer.port)), minesweep.Known{})
			if err != nil {
				t.Fatal(err)
			}
			checkManners(t, d, replies)
			asked := probesOf(replies)
			if must := mustAsk[fmt.Sprintf("%s:%d", peer.peer, peer.port)]; must != "" && !slices.Contains(asked, must) {
				t.Errorf("%s:%d was asked %s, not %s", peer.peer, peer.port, strings.Join(asked, " "), must)
			}
		}
	}
}
