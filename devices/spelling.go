package devices

import (
	"regexp"
	"strings"
)

// maxSpelling bounds what may be a model, in bytes.
const maxSpelling = 128

// brands are what a vendor writes before its models; the longer stands first
// where one begins with the other. Plain spelling.
var brands = map[string][]string{
	"bitmain":     {"bitmain", "antminer"},
	"microbt":     {"microbt", "whatsminer"},
	"canaan":      {"canaan", "avalonminer", "avalon"},
	"bitdeer":     {"bitdeer", "sealminer"},
	"hummer":      {"hummer", "blackminer"},
	"strongu":     {"strongu", "stu"},
	"innosilicon": {"innosilicon"},
}

// plain reduces a name to what two spellings of it share.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '.', '/', '*':
			return -1
		}
		return r
	}, strings.ToLower(s))
	for _, long := range [...][2]string{{"hydro", "hyd"}, {"immersion", "imm"}} {
		if cut, ok := strings.CutSuffix(s, long[0]); ok {
			return cut + long[1]
		}
	}
	return s
}

// unbranded takes vendor and brand off a plain model; a model that is nothing
// but its brand stays.
func unbranded(vendor, model string) string {
	list, ok := brands[vendor]
	if !ok {
		list = []string{vendor}
	}
	for _, b := range list {
		if rest, ok := strings.CutPrefix(model, b); ok && rest != "" && b != "" {
			model = rest
		}
	}
	if vendor == "canaan" && len(model) > 2 && model[0] == 'a' && model[1] >= '0' && model[1] <= '9' {
		model = model[1:] // A1246
	}
	return model
}

// beforeNote cuts off what stands in brackets behind a model, as VNish does,
// and what stands on a second line.
func beforeNote(s string) string {
	if at := strings.IndexAny(s, "(\n\r"); at > 0 {
		s = s[:at]
	}
	return strings.TrimSpace(s)
}

var (
	// microBTBin: M60S_VK40, M30S++ V10, M31SV10.
	microBTBin = regexp.MustCompile(`(?i)^((?:WhatsMiner[ _]?)?M\d+[A-Z]{0,2}\+{0,2})[ _-]?(V[A-Z]?[0-9A-D]{1,2}[0-9A-D])$`)
	// canaanBin: 1346-116, 1246-83-21072802_25462b2, 15-194.
	canaanBin = regexp.MustCompile(`^(.*?\d+[A-Za-z]*)-\d{2,4}(?:[-_].*)?$`)
	// iceRiverSuffix: the model at the end of a software version, …_ks0ultraminer.
	iceRiverSuffix = regexp.MustCompile(`(?i)^(?:.*_)?([a-z0-9]+?)(?:min(?:er)?)?$`)
)

// withoutBin takes off what a vendor puts behind a model for its speed bin, or
// before it in a version.
func withoutBin(vendor, s string) string {
	switch vendor {
	case "microbt":
		return microBTBin.ReplaceAllString(s, "$1")
	case "canaan":
		return canaanBin.ReplaceAllString(s, "$1")
	case "iceriver":
		return iceRiverSuffix.ReplaceAllString(s, "$1")
	}
	return s
}
