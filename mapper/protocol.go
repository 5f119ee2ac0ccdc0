package mapper

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"minesweep"
)

// family names the protocol that a question belongs to.
func family(probe string) string {
	name, _, _ := strings.Cut(probe, "/")
	switch name {
	case "whatsminer":
		return "cgminer" // the same port, framing and status block
	case "rpc":
		return "http"
	}
	return name
}

// hostPorts returns the host's open ports in order, with what each was heard
// to speak.
func hostPorts(o minesweep.Observation) []minesweep.HostPort {
	spoken := make(map[uint16]map[string]bool)
	note := func(port uint16, protocol string) {
		if spoken[port] == nil {
			spoken[port] = make(map[string]bool)
		}
		spoken[port][protocol] = true
	}
	for _, p := range o.Ports {
		note(p.Target.Port(), "")
	}
	echoing := findPortSigns(o.Replies)
	for _, r := range o.Replies {
		note(r.Target.Port(), sniff(r))
	}
	for _, e := range o.Evidence {
		if e.Strength == minesweep.Confirm && e.Port != 0 && !echoing.voids(e) {
			note(e.Port, claimedProtocol(e, spoken[e.Port]))
		}
	}
	for _, s := range echoing {
		if s.kind == echo {
			spoken[s.port] = map[string]bool{echo: true}
		}
	}
	out := make([]minesweep.HostPort, 0, len(spoken))
	for port, names := range spoken {
		out = append(out, minesweep.HostPort{Port: port, Protocol: telling(names)})
	}
	slices.SortFunc(out, func(a, b minesweep.HostPort) int { return int(a.Port) - int(b.Port) })
	return out
}

// claimedProtocol is the protocol that confirming evidence was asked in.
func claimedProtocol(e minesweep.Evidence, spoken map[string]bool) string {
	switch f := family(e.Probe); {
	case f == "banner" || f == "other":
		return ""
	case f == "http" && spoken["https"]:
		return "https"
	default:
		return f
	}
}

// telling chooses, of what one port spoke, what says most: a mining protocol
// before the HTTP that some programs speak on the same port.
func telling(names map[string]bool) string {
	for _, p := range []string{"cgminer", "claymore", "stratum", "ccminer", "https", "http"} {
		if names[p] {
			return p
		}
	}
	rest := make([]string, 0, len(names))
	for n := range names {
		if n != "" {
			rest = append(rest, n)
		}
	}
	if len(rest) == 0 {
		return ""
	}
	return slices.Min(rest)
}

var (
	cgminerJSON   = regexp.MustCompile(`"STATUS"\s*:\s*(\[\s*\{\s*"STATUS"\s*:|"[SIWEF]")`)
	ccminerText   = regexp.MustCompile(`^(NAME|GPU|CPU|POOL|URL)=[^|]*;[A-Z]+=`)
	stratumJSON   = regexp.MustCompile(`"mining\.(notify|set_difficulty|set_extranonce)"`)
	redisAnswer   = regexp.MustCompile(`^(-(ERR|NOAUTH|DENIED|WRONGPASS)\b|\+PONG)`)
	smtpGreeting  = regexp.MustCompile(`(?i)^220[ -][^\r\n]*(smtp|mail|postfix|exim)`)
	ftpGreeting   = regexp.MustCompile(`(?i)^220[ -]`)
	mysqlGreeting = regexp.MustCompile(`^(?s:.{3})\x00\x0a[\d.]+[^\x00]*\x00`)
)

// sniff names the protocol of a reply by its first bytes, or returns "".
func sniff(r minesweep.Reply) string {
	raw := r.Raw[:min(len(r.Raw), 4096)]
	has := func(prefix string) bool { return bytes.HasPrefix(raw, []byte(prefix)) }
	switch {
	case len(raw) == 0:
		return ""
	case has("HTTP/") && r.TLS:
		return "https"
	case has("HTTP/"):
		return "http"
	case has("RTSP/"):
		return "rtsp"
	case has("SSH-"):
		return "ssh"
	case has("STATUS=") || cgminerJSON.Match(raw):
		return "cgminer"
	case ccminerText.Match(raw):
		return "ccminer"
	case stratumJSON.Match(raw):
		return "stratum"
	case family(r.Probe) == "claymore" && has("{") && bytes.Contains(raw, []byte(`"result"`)):
		return "claymore"
	}
	return sniffOther(raw, has)
}

func sniffOther(raw []byte, has func(string) bool) string {
	switch {
	case redisAnswer.Match(raw):
		return "redis"
	case has("ERROR\r\n") || has("CLIENT_ERROR "):
		return "memcached"
	case smtpGreeting.Match(raw):
		return "smtp"
	case ftpGreeting.Match(raw):
		return "ftp"
	case has("+OK"):
		return "pop3"
	case has("* OK"):
		return "imap"
	case has("RFB 0"):
		return "vnc"
	case mysqlGreeting.Match(raw):
		return "mysql"
	case len(raw) > 2 && raw[0] == 0xff && raw[1] >= 0xfb && raw[1] <= 0xfe:
		return "telnet" // RFC 854: IAC, then WILL, WONT, DO or DONT
	case len(raw) > 4 && (raw[0] == 0x15 || raw[0] == 0x16) && raw[1] == 3:
		return "tls"
	}
	return ""
}
