package fingerprints

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"minesweep"
)

func reply(probe, request, raw string) minesweep.Reply {
	return minesweep.Reply{
		Target:  netip.MustParseAddrPort("192.0.2.1:4028"),
		Probe:   probe,
		Request: []byte(request),
		Raw:     []byte(raw),
	}
}

// cutOne cuts one reply as Judge does.
func cutOne(r minesweep.Reply) []view {
	d := &desk{}
	d.cut([]minesweep.Reply{r})
	return d.views
}

// documents reads body as the answer to a question.
func documents(body []byte) (*tape, []document) {
	t := &tape{}
	docs, _, _ := t.documents(body)
	return t, docs
}

// find gives the texts that a pointer reaches.
func find(p *Pointer, t *tape, docs []document) []string {
	var texts []string
	p.reach(t, docs, func(h hit) bool {
		texts = append(texts, string(h.text))
		return true
	})
	return texts
}

func TestCutHTTP(t *testing.T) {
	raw := "HTTP/1.1 401 Unauthorized\r\nServer: lighttpd/1.4\r\nWWW-Authenticate: Basic x\r\n" +
		"www-authenticate: Digest qop=\"auth\", realm=\"antMiner Configuration\", nonce=\"1\"\r\n" +
		"Location: /x\r\n\r\n<html><TITLE lang=a>\n One &amp;  two </TITLE></html>"
	v := cutOne(reply("http/", "", raw))[0]
	want := map[string]string{
		"status": "401", "server": "lighttpd/1.4", "location": "/x",
		"realm": "antMiner Configuration", "title": "One & two",
		"auth": "Basic x\nDigest qop=\"auth\", realm=\"antMiner Configuration\", nonce=\"1\"",
		"body": "<html><TITLE lang=a>\n One &amp;  two </TITLE></html>",
	}
	for name, text := range want {
		if got := string(v.page.part(partNames[name])); got != text {
			t.Errorf("%s is %q, want %q", name, got, text)
		}
	}
}

func TestCutHTTPWithBareLineFeeds(t *testing.T) {
	v := cutOne(reply("http/", "", "HTTP/1.0 200 OK\nServer: x\n\n{\"a\":1}"))[0]
	if s := string(v.page.part(serverPart)); s != "x" || len(v.documents()) != 1 {
		t.Errorf("server %q, documents %v", s, v.docs)
	}
}

func TestCutJoined(t *testing.T) {
	views := cutOne(reply("cgminer/version+summary", "", `{"summary":[{"SUMMARY":[{}]}],"version":[{"VERSION":[{}]}],"id":1}`+"\x00"))
	if len(views) != 2 || views[0].probe != "cgminer/summary" || views[1].probe != "cgminer/version" {
		t.Fatalf("views are %+v", views)
	}
	if hits := find(parse1("/VERSION/0"), &views[1].desk.tape, views[1].documents()); len(hits) != 1 {
		t.Error("the version's document is not there")
	}
	refused := cutOne(reply("whatsminer/pools+summary", "", `{"STATUS":[{"Code":24}],"id":1}`))
	if len(refused) != 1 || refused[0].probe != "whatsminer/pools+summary" {
		t.Errorf("a refusal became %+v", refused)
	}
}

func parse1(s string) *Pointer {
	p := parsePointer(s)
	return &p
}

func TestEcho(t *testing.T) {
	const subscribe = `{"id":1,"method":"mining.subscribe","params":["minesweep/1.0"]}` + "\n"
	for _, c := range []struct {
		request, raw string
		want         bool
	}{
		{subscribe, subscribe, true},
		{subscribe, "login: " + subscribe, true},
		{subscribe, subscribe[:30], true},
		{"summary", "summary", true},
		{"summary", `{"Msg":"summary"}`, false},
		{subscribe, `{"id":1,"result":[]}`, false},
		{"", "", false},
		{"", "SSH-2.0-x", false},
	} {
		if got := isEcho([]byte(c.request), []byte(c.raw)); got != c.want {
			t.Errorf("%q to %q: echo %v", c.raw, c.request, got)
		}
	}
}

func TestEchoMatchesNothingElse(t *testing.T) {
	set, err := Load(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	const request = `{"STATUS":[{"Description":"cgminer 4.9.2","Code":22,"Msg":"x"}]}`
	evidence := set.Judge([]minesweep.Reply{reply("cgminer/version", request, request)})
	if len(evidence) != 1 || evidence[0].Fingerprint != "echo" || evidence[0].Strength != minesweep.Decoy {
		t.Errorf("evidence is %+v", evidence)
	}
}

func TestTextDocuments(t *testing.T) {
	for _, c := range []struct{ in, pointer, want string }{
		{`STATUS=S,When=1,Code=22,Msg=CGMiner versions,Description=a\,b\=c|VERSION,CGMiner=4.9.2,API=3.1|`, "/STATUS/0/Description", "a,b=c"},
		{`STATUS=S,When=1,Code=22,Msg=x|VERSION,CGMiner=4.9.2,API=3.1|`, "/VERSION/0/CGMiner", "4.9.2"},
		{`STATUS=S,Code=7|POOL=0,URL=stratum+tcp://a:1,User=u|POOL=1,URL=b|`, "/POOLS/1/URL", "b"},
		{`NAME=ccminer;VER=2.3;ALGO=x16r;KHS=64879.73|`, "/KHS", "64879.73"},
		{`GPU=0;KHS=1|GPU=1;KHS=2|`, "/1/KHS", "2"},
	} {
		tape, docs := documents([]byte(c.in))
		hits := find(parse1(c.pointer), tape, docs)
		if len(hits) != 1 || hits[0] != c.want {
			t.Errorf("%s in %s gives %v, want %s", c.pointer, c.in, hits, c.want)
		}
	}
	for _, in := range []string{"VERSION 1.6.18", "hello | world", "<html>a=b;|</html>", "-ERR x"} {
		if _, docs := documents([]byte(in)); docs != nil {
			t.Errorf("%q gave %v", in, docs)
		}
	}
}

func TestQuoteIsAroundTheMatch(t *testing.T) {
	raw := strings.Repeat("a\x00b ", 100) + `"Type":"Antminer S9"` + strings.Repeat(" c\x1b\xff", 100)
	v := cutOne(reply("x", "", raw))[0]
	q := v.quote([]byte("Antminer S9"), "")
	if len(q) > maxQuote || !strings.Contains(q, `"Type":"Antminer S9"`) || strings.ContainsAny(q, "\x00\x1b") || !utf8.ValidString(q) {
		t.Errorf("%d bytes: %q", len(q), q)
	}
}

func FuzzJudge(f *testing.F) {
	set, err := Load(Embedded())
	if err != nil {
		f.Fatal(err)
	}
	probes := []string{"banner", "cgminer/version", "cgminer/stats", "cgminer/pools+summary", "whatsminer/summary",
		"http/", "http/api/v1/info", "http/2/summary", "claymore/miner_getstat1", "stratum/subscribe", "rpc/eth_mining", "ccminer/summary"}
	for i, c := range defects {
		f.Add(uint8(i), []byte(c.in), []byte("x"))
	}
	f.Add(uint8(5), []byte("HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=\"antMiner Configuration\"\r\n\r\n"), []byte{})
	f.Fuzz(func(t *testing.T, probe uint8, raw, request []byte) {
		r := reply(probes[int(probe)%len(probes)], string(request), string(raw))
		for _, e := range set.Judge([]minesweep.Reply{r}) {
			if fault := Unclean(e); fault != "" {
				t.Error(fault)
			}
		}
	})
}
