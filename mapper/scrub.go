package mapper

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"minesweep"
)

// private reports whether personal values must be hashed. A nil grant, as in
// judging a file, is an organisation's own data.
func private(g *minesweep.Grant) bool {
	return g != nil && g.Privacy != minesweep.Organisation
}

// Scrub returns the replies as they may be stored: under privacy individual
// each worker, wallet, MAC, serial and hostname in Raw is replaced by the
// token that [Mapper.Assess] gives it, so that judging stored replies again
// gives the same host. Structure and keys stay. The argument is not changed.
func (m *Mapper) Scrub(g *minesweep.Grant, replies []minesweep.Reply) []minesweep.Reply {
	if !private(g) {
		return replies
	}
	out := slices.Clone(replies)
	for i := range out {
		if len(out[i].Raw) > 0 {
			out[i].Raw = m.tokens.scrub(bytes.Clone(out[i].Raw))
		}
		if value := keyless[out[i].Probe]; value != nil {
			out[i].Raw = replace(out[i].Raw, value, func(g [][]byte) []byte {
				return append(g[1], m.tokens.of(string(g[2]))...)
			})
		}
	}
	return out
}

// keyless are the questions whose answers hold a personal value that no key
// names; its place tells it.
var keyless = map[string]*regexp.Regexp{
	// The whole answer is a serial (Bitmain, port 6060).
	"http/get_sn": regexp.MustCompile(`(\r?\n\r?\n)([A-Z0-9]{17})\s*\z`),
	// A pool is ["working","00:29:35","WORKER",…] (MultMiner).
	"http/gst.csp": regexp.MustCompile(`("[a-z ]*",\s*"[\d:]+",\s*")((?:[^"\\]|\\.)+)`),
}

// person is a key whose value names a person, a device or a network. Compared
// in lower case without punctuation.
var person = map[string]bool{
	"user": true, "username": true, "worker": true, "workername": true, "workerid": true,
	"wallet": true, "walletaddress": true, "account": true, "accountname": true, "login": true,
	"address": true, "hostname": true, "ssid": true, "wifissid": true, "apssid": true,
	"serial": true, "serialno": true, "serialnumber": true, "sn": true, "minersn": true,
	"minerserial": true, "psuserialno": true, "ctrlsn": true, "hwid": true, "deviceid": true,
	"dna": true, "mac": true, "macaddr": true, "macaddress": true, "email": true,
	"pass": true, "password": true, "passwd": true, "rigname": true, "minername": true,
}

// personSuffix catches a key with a prefix of its own, such as stratumUser.
var personSuffix = []string{
	"user", "username", "workername", "wallet", "hostname", "ssid", "serial", "serialno", "serialnumber", "serialnumbers",
	"macaddr", "password",
}

// serialWord is "SN" as a word of its own at the end of a key: "Ctrl Board SN",
// "cb_sn"; a suffix alone would catch asn and dsn.
var serialWord = regexp.MustCompile(`(?i)(?:^|[ _.-])sn$`)

func isPersonal(key string) bool {
	if serialWord.MatchString(key) {
		return true
	}
	key = strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(key))
	return person[key] || slices.ContainsFunc(personSuffix, func(s string) bool { return strings.HasSuffix(key, s) })
}

// scrub walks the forms in which devices write a value behind its key, then
// what is recognised by its own looks.
func (t tokens) scrub(b []byte) []byte {
	b = replace(b, jsonMember, func(g [][]byte) []byte {
		if isServer(g[2], g[3], g[4]) {
			return g[0]
		}
		return append(t.ifPersonal([][]byte{slices.Concat(g[1], g[3]), g[1], g[2], g[3]}, t.jsonValue), g[4]...)
	})
	b = replace(b, jsonArray, func(g [][]byte) []byte {
		return t.ifPersonal(g, func(list string) string { return jsonString.ReplaceAllStringFunc(list, t.jsonValue) })
	})
	b = replace(b, textMember, func(g [][]byte) []byte { return t.ifPersonal(g, t.plainValue) })
	b = replace(b, bracketMember, func(g [][]byte) []byte { return t.ifPersonal(g, t.plainValue) })
	b = replace(b, tableRow, func(g [][]byte) []byte { return t.ifPersonal(g, t.plainValue) })
	b = replace(b, userInfo, func(g [][]byte) []byte {
		return slices.Concat(g[1], []byte(t.of(string(g[2]))), g[3])
	})
	b = macText.ReplaceAllFunc(b, func(m []byte) []byte { return []byte(t.ofMAC(string(m))) })
	return wallet.ReplaceAllFunc(b, func(w []byte) []byte { return []byte(t.of(string(w))) })
}

var (
	// "key": "value", the value perhaps cut off by the end of the reply; or a
	// number. A port behind it tells that the value is a server's address.
	jsonMember = regexp.MustCompile(`("([^"\\\n]{1,40})"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?\z)|\d[\d.eE+-]*)(\s*,\s*"port"\s*:)?`)
	// "key": ["value", …], a flat list.
	jsonArray  = regexp.MustCompile(`("([^"\\\n]{1,40})"\s*:\s*)(\[\s*"(?:[^"\\\]]|\\.)*"(?:\s*,\s*"(?:[^"\\\]]|\\.)*")*\s*\])`)
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	// KEY=value in cgminer's and ccminer's text, or key="value".
	textMember = regexp.MustCompile(`((?:^|[,;|&?\s])([A-Za-z_]{1,30}(?: No)?)=)([^,;|&"'<>\s\x00]+)`)
	// DNA[value] and MAC[value] in Canaan's stats.
	bracketMember = regexp.MustCompile(`(\b([A-Z]{2,8})\[)([^\]\s"]+)`)
	// <td>Hostname</td><td>value</td> in LuCI's pages.
	tableRow = regexp.MustCompile(`(?i)(>\s*([a-z][a-z _-]{1,30}?)\s*:?\s*</t[dh]>\s*<td[^>]*>\s*)([^<\s][^<]*)`)
	// scheme://user:password@host
	userInfo = regexp.MustCompile(`(://)([^/@\s"'<>,;]+)(@)`)
	macText  = regexp.MustCompile(`(?i)\b[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})\b`)
)

var (
	serverKey  = regexp.MustCompile(`(?i)^(?:host ?name|address)$`)
	serverName = regexp.MustCompile(`(?i)^"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,}(:\d{1,5})?"$`)
)

// isServer reports whether a value behind a key that else names a device is
// the address of a pool: a full name with a port in it or behind it. A device
// tells its own name without.
func isServer(key, value, port []byte) bool {
	if !serverKey.Match(key) {
		return false
	}
	m := serverName.FindSubmatch(value)
	return m != nil && (len(m[1]) > 0 || len(port) > 0)
}

// leastNumber is the length from which a bare number behind a personal key is
// a serial or an account and not a count.
const leastNumber = 5

// replace gives fn the groups of each match and puts its result in place of it.
func replace(b []byte, re *regexp.Regexp, fn func(groups [][]byte) []byte) []byte {
	return re.ReplaceAllFunc(b, func(m []byte) []byte {
		if g := re.FindSubmatch(m); g != nil {
			return fn(g)
		}
		return m
	})
}

// ifPersonal rewrites group 3, the value, where group 2 is a personal key.
// Group 1 is the key as written, with what stands before the value.
func (t tokens) ifPersonal(g [][]byte, value func(string) string) []byte {
	if !isPersonal(string(g[2])) {
		return g[0]
	}
	return slices.Concat(g[1], []byte(value(string(g[3]))))
}

// plainValue hashes a value, by the MAC's rule where it has that form.
func (t tokens) plainValue(value string) string {
	if _, ok := canonicalMAC(value); ok {
		return t.ofMAC(value)
	}
	return t.of(value)
}

// jsonValue hashes what the literal means, not how it is written, so that
// "a\/b" and "a/b" give one token. A literal that is cut off stays cut off.
func (t tokens) jsonValue(literal string) string {
	if literal[0] != '"' {
		if len(literal) < leastNumber || strings.Trim(literal, "0123456789") != "" {
			return literal
		}
		return `"` + t.plainValue(literal) + `"`
	}
	inner, closed := strings.CutSuffix(literal[1:], `"`)
	var value string
	if json.Unmarshal([]byte(`"`+inner+`"`), &value) != nil {
		value = inner
	}
	if placeholder(strings.TrimSpace(value)) {
		return literal
	}
	if closed {
		return `"` + t.plainValue(value) + `"`
	}
	return `"` + t.plainValue(value)
}
