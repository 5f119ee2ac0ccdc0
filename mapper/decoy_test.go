package mapper

import (
	"fmt"
	"strings"
	"testing"

	"minesweep"
)

type decoyTest struct {
	name    string
	saw     minesweep.Observation
	verdict minesweep.Verdict
	sign    string // fingerprint of the decoy evidence, "" none
}

func manyPorts(n int) []minesweep.OpenPort {
	var ports []uint16
	for i := range n {
		ports = append(ports, uint16(4000+i))
	}
	return opened(ports...)
}

// questions asks four protocols on three ports and gives each the answer.
func questions(answer string) []minesweep.Reply {
	return []minesweep.Reply{
		reply(4001, "cgminer/version", `{"command":"version"}`, answer),
		reply(4001, "http/", "GET / HTTP/1.1\r\n\r\n", answer),
		reply(4002, "stratum/subscribe", `{"id":1,"method":"mining.subscribe"}`, answer),
		reply(4003, "claymore/miner_ping", `{"id":1,"method":"miner_ping"}`, answer),
	}
}

func miner(port uint16) ([]minesweep.Reply, minesweep.Evidence) {
	return []minesweep.Reply{
			reply(port, "cgminer/version", `{"command":"version"}`, `{"STATUS":[{"STATUS":"S","Code":22}]}`),
			reply(port, "cgminer/stats", `{"command":"stats"}`, `{"STATUS":[{"STATUS":"S","Code":70}]}`),
		}, evidence("antminer-stock", port, minesweep.Confirm, 60,
			minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19"})
}

func observe(ports []minesweep.OpenPort, swept int, replies []minesweep.Reply, ev ...minesweep.Evidence) minesweep.Observation {
	return minesweep.Observation{Address: addr, At: at, Ports: ports, PortsSwept: swept, Replies: replies, Evidence: ev}
}

func ending(end minesweep.End, port uint16, probe, raw string) minesweep.Reply {
	r := reply(port, probe, "", raw)
	r.End = end
	return r
}

func decoyTests() []decoyTest {
	real, proof := miner(4028)
	hint := evidence("web-title", 80, minesweep.Suspect, 20, minesweep.Claims{})
	page := "HTTP/1.1 200 OK\r\n\r\n<html>login</html>"
	bad := "HTTP/1.1 400 Bad Request\r\n\r\nno"
	webs := []minesweep.Reply{reply(80, "http/", "GET /", page), reply(8080, "http/", "GET /", page),
		reply(8888, "http/summary", "GET /summary", page), reply(9090, "rpc/getmininginfo", "POST /", page)}
	req := `{"command":"version"}`
	echoReply := reply(7, "cgminer/version", req, req+"\r\n")
	cut := reply(7, "http/", "GET / HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n", "GET / HTTP/1.1\r\nHost: 10")
	onEcho := evidence("too-loose", 7, minesweep.Confirm, 60, minesweep.Claims{Vendor: "X"})
	single := proof
	return []decoyTest{
		{"few ports open", observe(manyPorts(9), 10, nil), minesweep.Silent, ""},
		{"many of very many", observe(manyPorts(20), 60, nil), minesweep.Silent, ""},
		{"everything open, silent", observe(manyPorts(30), 40, nil), minesweep.DecoyHost, everythingOpen},
		{"everything open, one answer", observe(manyPorts(30), 40, real[:1], single), minesweep.DecoyHost, everythingOpen},
		{"everything open, followed up", observe(manyPorts(30), 40, real, proof), minesweep.Confirmed, everythingOpen},
		{"everything open, suspect", observe(manyPorts(30), 40, real, hint), minesweep.DecoyHost, everythingOpen},
		{"everything open, same bytes, real miner", observe(manyPorts(30), 40, append(questions("x"), real...), proof),
			minesweep.DecoyHost, sameBytes},
		{"same bytes", observe(manyPorts(3), 40, questions("hello")), minesweep.DecoyHost, sameBytes},
		{"same bytes that a rule believed", observe(manyPorts(3), 40, questions("hello"),
			evidence("too-loose", 4001, minesweep.Confirm, 60, minesweep.Claims{})), minesweep.DecoyHost, sameBytes},
		{"same bytes beside a miner", observe(manyPorts(3), 40, append(questions("hello"), real...), proof),
			minesweep.Confirmed, sameBytes},
		{"web servers refuse alike", observe(manyPorts(3), 40, questions(bad)), minesweep.Unidentified, ""},
		{"sshd greets all alike", observe(manyPorts(3), 40, questions("SSH-2.0-OpenSSH_9.2\r\n")), minesweep.Unidentified, ""},
		{"TLS alerts", observe(manyPorts(3), 40, questions("\x15\x03\x01\x00\x02\x02\x46")), minesweep.Unidentified, ""},
		{"one page on many ports", observe(manyPorts(4), 40, webs), minesweep.Unidentified, ""},
		{"one page on many ports of a miner", observe(manyPorts(5), 40, append(webs, real...), proof), minesweep.Confirmed, ""},
		{"a page for any question", observe(manyPorts(4), 40, questions(page)), minesweep.DecoyHost, sameBytes},
		{"echo", observe(opened(7), 40, []minesweep.Reply{echoReply}), minesweep.DecoyHost, echo},
		{"echo cut short", observe(opened(7), 40, []minesweep.Reply{cut}), minesweep.DecoyHost, echo},
		{"echo of each line", observe(opened(7), 40, []minesweep.Reply{reply(7, "other", "abc\n", "abc\nabc\n")}),
			minesweep.DecoyHost, echo},
		{"echo that a rule believed", observe(opened(7), 40, []minesweep.Reply{echoReply}, onEcho), minesweep.DecoyHost, echo},
		{"echo beside a miner", observe(opened(7, 4028), 40, append(real, echoReply), proof), minesweep.Confirmed, echo},
		{"no question, no echo", observe(opened(7), 40, []minesweep.Reply{reply(7, "banner", "", "hi")}), minesweep.Unidentified, ""},
		{"question within the answer", observe(opened(7), 40, []minesweep.Reply{reply(7, "other", req, "-ERR unknown "+req)}),
			minesweep.Unidentified, ""},
		{"one echo among answers", observe(opened(7), 40, []minesweep.Reply{echoReply, reply(7, "http/", "GET /", page)}),
			minesweep.Unidentified, ""},
		{"complaint that repeats the question", observe(opened(6379, 4028), 40,
			append(real, reply(6379, "other", req, "-ERR unknown command '"+req+"'\r\n")),
			proof, evidence(echo, 6379, minesweep.Decoy, 100, minesweep.Claims{})), minesweep.Confirmed, ""},
		{"drip", observe(opened(22), 40, []minesweep.Reply{ending(minesweep.EndDrip, 22, "banner", "abc")}), minesweep.DecoyHost, drip},
		{"endless banner", observe(opened(22), 40, []minesweep.Reply{ending(minesweep.EndLimit, 22, "banner", "abc")}),
			minesweep.DecoyHost, drip},
		{"long page", observe(opened(80), 40, []minesweep.Reply{ending(minesweep.EndLimit, 80, "http/", page)}),
			minesweep.Unidentified, ""},
		{"slow miner", observe(opened(4028), 40, []minesweep.Reply{ending(minesweep.EndDrip, 4028, "cgminer/version", "{")}, proof),
			minesweep.Confirmed, drip},
		{"drip of nothing", observe(opened(22), 40, []minesweep.Reply{ending(minesweep.EndDrip, 22, "banner", "")}), minesweep.Silent, ""},
	}
}

func TestDecoy(t *testing.T) {
	m := newMapper(t)
	for _, tt := range decoyTests() {
		t.Run(tt.name, func(t *testing.T) {
			h := m.Assess(tt.saw)
			if h.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s; doubts %q", h.Verdict, tt.verdict, h.Doubts)
			}
			var signs []string
			for _, e := range h.Evidence {
				if e.Strength == minesweep.Decoy {
					signs = append(signs, e.Fingerprint)
				}
			}
			if got := strings.Join(signs, " "); tt.sign == "" && got != "" || !strings.Contains(got, tt.sign) {
				t.Errorf("decoy evidence %q, want %q", got, tt.sign)
			}
			if len(signs) > 0 && len(h.Doubts) == 0 {
				t.Error("no doubt says why")
			}
			if h.Verdict == minesweep.DecoyHost && (h.Vendor != "" || h.Hashrate != nil || h.MAC != "") {
				t.Errorf("a decoy kept the identity it pretended: %+v", h)
			}
		})
	}
}

// TestMinerStaysMiner adds ever more web ports with one page to a true miner.
func TestMinerStaysMiner(t *testing.T) {
	m := newMapper(t)
	replies, proof := miner(4028)
	ports := opened(4028)
	for i := range 50 {
		port := uint16(8000 + i)
		ports = append(ports, opened(port)...)
		for _, q := range []string{"http/", "cgminer/version", "stratum/subscribe", "claymore/miner_ping", "ccminer/summary"} {
			answer := "HTTP/1.1 400 Bad Request\r\n\r\n"
			if q == "http/" {
				answer = "HTTP/1.1 200 OK\r\n\r\npage"
			}
			replies = append(replies, reply(port, q, fmt.Sprint("ask ", q), answer))
		}
		for _, swept := range []int{40, 60, len(ports)} {
			if h := m.Assess(observe(ports, swept, replies, proof)); h.Verdict != minesweep.Confirmed {
				t.Fatalf("%d web ports of %d swept: %s, %q", i+1, swept, h.Verdict, h.Doubts)
			}
		}
	}
}
