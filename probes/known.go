package probes

import (
	"bytes"
	"slices"

	"minesweep"
)

// known is what other ports of the host have said before this one is asked.
type known struct {
	minesweep.Known
}

var (
	saidWhatsminer = re(`(?i)btminer|bitmicro|whatsminer|"Msg"\s*:\s*"invalid cmd"`)
	saidAntminer   = re(`(?i)antminer|bmminer|realm="antMiner`)
	toHTTPS        = re(`(?i)^HTTP/\S+ 30\d[^\n]*\n(?:[^\n]+\n)*location: *https://`)
)

// mayBeWhatsminer reports whether the host may speak WhatsMiner's API 3:
// another port names the maker, or cgminer's port, which would, says nothing.
func (k known) mayBeWhatsminer() bool {
	return k.said(saidWhatsminer) || k.said(toHTTPS) || !k.answered(cgminerPorts[0])
}

// mayBeAntminer reports whether Bitmain's test port may be behind port 6060.
func (k known) mayBeAntminer() bool {
	return k.said(saidAntminer) || !k.answered(cgminerPorts[0])
}

// said reports whether any answer of another port holds the pattern.
func (k known) said(pattern interface{ Match([]byte) bool }) bool {
	return slices.ContainsFunc(k.Replies, func(r minesweep.Reply) bool { return pattern.Match(start(r.Raw)) })
}

func (k known) answered(port uint16) bool {
	return slices.ContainsFunc(k.Replies, func(r minesweep.Reply) bool {
		return r.Target.Port() == port && len(r.Raw) > 0
	})
}

// told returns those of the questions that follow from a page which another
// port that serves the same page has answered: port 443 beside 80.
func (k known) told(page minesweep.Reply, questions []string) []string {
	if page.Probe != root[0] {
		return nil
	}
	var sisters []uint16
	for _, r := range k.Replies {
		if r.Probe == page.Probe && r.Target.Port() != page.Target.Port() && samePage(r.Raw, page.Raw) {
			sisters = append(sisters, r.Target.Port())
		}
	}
	return slices.DeleteFunc(slices.Clone(questions), func(q string) bool {
		return !slices.ContainsFunc(k.Replies, func(r minesweep.Reply) bool {
			return r.Probe == q && len(r.Raw) > 0 && slices.Contains(sisters, r.Target.Port())
		})
	})
}

// samePage compares bodies; heads hold dates.
func samePage(a, b []byte) bool {
	a, b = a[headEnd(a, 0):], b[headEnd(b, 0):]
	return len(a) > 0 && bytes.Equal(a, b)
}

// start is as much of an answer as is searched for words.
func start(raw []byte) []byte { return raw[:min(len(raw), defaultLimit)] }
