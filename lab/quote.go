package lab

import (
	"html"
	"math/rand/v2"
	"strconv"
	"strings"

	"minesweep"
	"minesweep/recordings"
)

// quotations are the ways in which programs that do not mine hand on what a
// miner said: pages, logs, and the APIs of who watches miners. The last pastes
// it into a page as it is.
var quotations = []func(said string) string{
	func(s string) string {
		return asHTTP("text/html", "<html><head><title>API by example</title></head><body><pre>"+html.EscapeString(s)+"</pre></body></html>")
	},
	func(s string) string {
		return asHTTP("application/json", `{"ip":"10.0.0.4","response":`+strconv.QuoteToASCII(s)+`}`)
	},
	func(s string) string { return asHTTP("application/json", `{"total":1,"miners":[`+s+`]}`) },
	func(s string) string { return asHTTP("application/json", `{"success":true,"data":`+s+`}`) },
	func(s string) string {
		return asHTTP("text/plain", "2026-11-20T10:00:00Z INFO 10.0.0.4:4028 answered "+s+"\n2026-11-20T10:00:05Z INFO done")
	},
	func(s string) string {
		return asHTTP("text/html", "<html><body><p>My rig says:</p><code>"+s+"</code></body></html>")
	},
}

func asHTTP(kind, body string) string {
	return "HTTP/1.1 200 OK\nServer: nginx\nContent-Type: " + kind + "\n\n" + body
}

// quoted makes a web server that answers every path with a page or a document
// in which a miner's answer is quoted. The answer itself is cut out of its HTTP.
func quoted(x recordings.Section, r *rand.Rand) Simulated {
	page := pick(r, quotationsOf(x))(bodyOf(x))
	h := inventedHost("quote", r, recordings.Section{Probe: "http/", Text: page}, recordings.Section{Probe: anyPath, Text: page})
	h.Device.Want.Verdict = minesweep.Suspected // it may name a product
	return h
}

// quotationsOf leaves out the paste of a page into a page: that is the page.
func quotationsOf(x recordings.Section) []func(string) string {
	if strings.HasPrefix(strings.TrimSpace(bodyOf(x)), "<") {
		return quotations[:len(quotations)-1]
	}
	return quotations
}

func bodyOf(x recordings.Section) string {
	if !strings.HasPrefix(x.Text, "HTTP/1.") {
		return x.Text
	}
	_, body, _ := strings.Cut(strings.ReplaceAll(x.Text, "\r\n", "\n"), "\n\n")
	return body
}
