package probes

import (
	"regexp"
	"slices"
	"strings"

	"minesweep"
)

// step says what to ask after an answer. The first step that fits an answer is
// taken, so the special ones stand before the general ones. What is asked first
// is worth most: the budget of a host may end in the middle.
type step struct {
	after  []string       // names of the question answered; a * at the end stands for anything
	on     []uint16       // on these ports only; empty: on all
	when   *regexp.Regexp // found in the answer as kept in Reply.Raw
	unless *regexp.Regexp // and this not; nil: whatever else is there
	given  *regexp.Regexp // and this in what another port of the host said; nil: whatever it said
	ask    []string       // keys of probes
	weak   bool           // programs that do not mine say this too
}

var (
	cgminerQuestions = []string{"cgminer/*"}
	bareQuestions    = []string{
		Banner, "cgminer/*", "whatsminer/*", "whatsminer3/*", "stratum/*", "claymore/*", "ccminer/*",
		"getstat/*", "excavator/*", "rhminer/*", "stats/*", "sv2/*",
	}
	anyQuestion = []string{"*"}
	versions    = []string{"cgminer/version", "cgminer/version-text"}
	root        = []string{"http/"}
)

// plan is all follow-up questions.
var plan = slices.Concat(cgminerSteps, deviceSteps, minerSteps, poolSteps, nodeSteps, generalSteps)

// cgminerAnswer is the status block that every answer of the API begins with,
// errors too, in JSON and in text.
const cgminerAnswer = `^STATUS=[A-Z],|"STATUS"\s*:\s*(\[\s*\{|"[SEWIF]")`

// generalSteps come last: a web server at last, where the hinted path is not
// there; servers without a page; ports that miners share with web servers.
var generalSteps = []step{
	{after: cgminerQuestions, on: cgminerPorts, when: re(`^HTTP/`), ask: []string{"http/summary"}, weak: true},
	{after: []string{"ccminer/summary"}, on: []uint16{4058, 4067, 4068}, when: re(`^HTTP/`), ask: []string{"http/status", "http/summary", "http/"}, weak: true},
	{after: []string{"getstat/getstat"}, when: re(`^HTTP/`), ask: []string{"http/getstat", "http/"}, weak: true},
	{after: root, on: getstatPorts, when: re(`^HTTP/`), ask: []string{"http/getstat"}, weak: true},
	{after: bareQuestions, when: re(`^HTTP/`), ask: root, weak: true},
	{after: root, on: []uint16{8080}, when: re(`404 page not found`), ask: []string{"http/api/stats", "http/summary"}, weak: true},
	{after: root, on: []uint16{8080, 44444, 4069}, when: re(`^HTTP/`), unless: re(`(?i)<html|<!doctype`), ask: []string{"http/summary"}, weak: true},
	{after: root, when: re(`^HTTP/\S+ 404`), ask: []string{"http/summary"}, weak: true},
	{after: []string{"http/summary"}, on: []uint16{4067}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/stat", "http/"}, weak: true},
	{after: []string{"http/stat"}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/", "http/summary"}, weak: true},
	{after: anyQuestion, when: re(`^HTTP/\S+ (400|403|404|405|415|501)`), ask: root, weak: true},
}

// settled is what tells that a port's protocol has been found.
var settled = re(`^HTTP/\d|^\s*[{\[]|` + cgminerAnswer + `|^[A-Z]+=[^;|]*[;|]|` + speaksFirst)

// speaksFirst are protocols of other trades: SSH, SMTP and FTP, POP3, IMAP,
// redis, memcached, VNC, MySQL.
const speaksFirst = `^(SSH-|220[ -]|\+OK|\* OK|-(ERR|NOAUTH|DENIED)|ERROR\r?\n|RFB \d|(?s:.{3})\x00\x0a\d+\.)`

var otherTrade = re(speaksFirst)

// re compiles a pattern of this package; what is invalid fails every test.
func re(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

func names(family string, commands ...string) []string {
	out := make([]string, len(commands))
	for i, c := range commands {
		out[i] = family + "/" + c
	}
	return out
}

// next returns the step that follows from a reply; false where none does.
func next(r minesweep.Reply, k known) (step, bool) {
	for _, s := range plan {
		if s.follows(r, k) {
			return s, true
		}
	}
	return step{}, false
}

func (s step) follows(r minesweep.Reply, k known) bool {
	return matchesPort(s.on, r.Target.Port()) && matchesName(s.after, r.Probe) && s.when.Match(start(r.Raw)) &&
		(s.unless == nil || !s.unless.Match(start(r.Raw))) && (s.given == nil || k.said(s.given))
}

func matchesPort(ports []uint16, port uint16) bool {
	return len(ports) == 0 || slices.Contains(ports, port)
}

func matchesName(patterns []string, name string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); (ok && strings.HasPrefix(name, prefix)) || p == name {
			return true
		}
	}
	return false
}
