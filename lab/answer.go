package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"minesweep"
	"minesweep/probes"
	"minesweep/recordings"
)

// then is what happens to the connection after an answer.
type then int

const (
	hangUp then = iota
	listen      // for the next question
	hold        // open and silent
	reset
	drip // the answer itself comes byte by byte
)

type answer struct {
	raw  []byte
	then then
}

// framed gives a recorded answer the framing of its protocol: cgminer ends
// with NUL and closes, JSON lines keep the connection, HTTP is a message.
func framed(x recordings.Section) answer {
	family, _, _ := strings.Cut(x.Probe, "/")
	a := answer{raw: []byte(x.Text)}
	switch {
	case x.Exact:
		a.then = listen
	case strings.HasPrefix(x.Text, "HTTP/1."), x.Text != "" && (family == "http" || family == "rpc"):
		a.raw = httpMessage(x.Text)
	case x.Text == "":
	case family == "cgminer" || family == "whatsminer":
		a.raw = append(a.raw, 0)
	case family == "whatsminer3":
		a.raw, a.then = frames(x.Text), listen
	case family == "stratum" || family == "claymore" || family == "getstat" || family == "excavator":
		a.raw, a.then = append(a.raw, '\n'), listen
	case family == probes.Banner:
		a.raw, a.then = append(a.raw, "\r\n"...), listen
	}
	switch x.End {
	case minesweep.EndIdle:
		a.raw, a.then = bytes.TrimSuffix(a.raw, []byte{0}), listen
		if x.Text == "" {
			a.then = hold
		}
	case minesweep.EndEOF:
		a.then = hangUp
	case minesweep.EndReset:
		a.then = reset
	case minesweep.EndDrip:
		a.then = drip
	case minesweep.EndComplete, minesweep.EndLimit:
	}
	return a
}

// looks says what kinds of program a port's answers come from.
type looks struct {
	web, cgminer, whatsminer, claymore, stratum, ccminer bool
	strict                                               bool // hangs up on what is not of its protocol
}

var (
	recordedWhen        = regexp.MustCompile(`"When":\s*(\d+)|\bWhen=(\d+)`)
	recordedDescription = regexp.MustCompile(`"Description":\s*"([^"]*)"|Description=([^|,]*)`)
)

// btminer is how MicroBT's program is known; it takes "cmd" for "command".
var btminer = regexp.MustCompile(`(?i)whatsminer|btminer|bitmicro`)

// cgminerBlock begins each answer of cgminer's API and its kin, in JSON and in
// text. Who does not speak so is given none of cgminer's errors.
var cgminerBlock = regexp.MustCompile(`^STATUS=[A-Z],(When|Code|Msg)=|"STATUS"\s*:\s*(\[\s*\{\s*"STATUS"|"[SEWIF]")` +
	`|^\s*\{\s*"(VERSION|SUMMARY|STATS|POOLS|DEVS|DEVDETAILS)"\s*:\s*\[`)

func looksOf(sections []recordings.Section) looks {
	var l looks
	for _, x := range sections {
		family, _, _ := strings.Cut(x.Probe, "/")
		switch {
		case strings.HasPrefix(x.Text, "HTTP/1."), x.Text != "" && (family == "http" || family == "rpc"):
			l.web = true
		case family == "cgminer" && cgminerBlock.MatchString(x.Text):
			l.cgminer = true
			l.whatsminer = l.whatsminer || btminer.MatchString(x.Text)
		case family == "whatsminer" && cgminerBlock.MatchString(x.Text):
			l.whatsminer = true
		case strings.Contains(x.Text, `"mining.`):
			l.stratum = true
		case family == "claymore" && strings.Contains(x.Text, `"result"`):
			l.claymore = true
		case (family == "whatsminer3" || family == "sv2" || family == "getstat" || family == "excavator") && x.Text != "":
			l.strict = true
		case family == "ccminer" && x.Text != "":
			l.ccminer = true
		}
	}
	return l
}

// answerTo finds the recorded answer, or what such a program says to a
// question that the recording does not hold.
func (t *session) answerTo(request []byte) answer {
	name := probes.NameOf("", request)
	x, ok := t.find(name)
	if command, found := strings.CutPrefix(name, "whatsminer/"); found && !ok && t.looks.whatsminer {
		x, ok = t.find("cgminer/" + command)
	}
	if ok {
		return framed(x)
	}
	switch {
	case looksHTTP(request) && t.looks.web:
		return t.webUnknown(name)
	case t.looks.cgminer || t.looks.whatsminer:
		return t.cgminerUnknown(request)
	case t.looks.claymore && request[0] == '{':
		return answer{[]byte(`{"id":1,"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"}}` + "\n"), listen}
	case t.looks.stratum && request[0] == '{':
		return answer{then: listen} // pools pass over what they do not know
	case t.looks.web:
		return t.webError("400 Bad Request", "Bad Request")
	case t.looks.claymore, t.looks.stratum, t.looks.ccminer, t.looks.strict:
		return answer{then: hangUp}
	}
	return t.lineUnknown(request)
}

// lineUnknown lets a server of lines complain as it did of another line.
func (t *session) lineUnknown(request []byte) answer {
	i := slices.IndexFunc(t.sections, func(x recordings.Section) bool {
		family, _, _ := strings.Cut(x.Probe, "/")
		return x.Text != "" && family != probes.Banner && family != "http" && family != "rpc"
	})
	if i < 0 || looksHTTP(request) {
		return answer{then: hangUp}
	}
	return framed(t.sections[i])
}

// cgminerUnknown is cgminer's error in the mode of the question: code 14
// invalid command, 24 JSON without a command, 23 no JSON (cgminer's api.c).
func (t *session) cgminerUnknown(request []byte) answer {
	when, description := "1700000000", "cgminer"
	for _, x := range t.sections {
		when = firstGroup(recordedWhen, x.Text, when)
		description = firstGroup(recordedDescription, x.Text, description)
	}
	if request[0] != '{' {
		return answer{raw: fmt.Appendf(nil, "STATUS=E,When=%s,Code=14,Msg=Invalid command,Description=%s|\x00", when, description)}
	}
	if t.looks.whatsminer && !t.looks.cgminer {
		return answer{raw: fmt.Appendf(nil, `{"STATUS":"E","When":%s,"Code":14,"Msg":"invalid cmd","Description":""}`, when)}
	}
	var v struct{ Command *string }
	code, msg := 14, "Invalid command"
	if json.Unmarshal(request, &v) != nil {
		code, msg = 23, "Invalid JSON"
	} else if v.Command == nil {
		code, msg = 24, "Missing JSON 'command'"
	}
	return answer{raw: fmt.Appendf(nil, `{"STATUS":[{"STATUS":"E","When":%s,"Code":%d,"Msg":"%s","Description":"%s"}],"id":1}`+"\x00",
		when, code, msg, description)}
}

func firstGroup(re *regexp.Regexp, text, otherwise string) string {
	m := re.FindStringSubmatch(text)
	for _, g := range m[min(1, len(m)):] {
		if g != "" {
			return g
		}
	}
	return otherwise
}
