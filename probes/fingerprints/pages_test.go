package fingerprints_test

import (
	"bytes"
	"regexp"
	"slices"
	"testing"

	"minesweep"
)

var isPage = regexp.MustCompile(`(?is)\A\s*(<!doctype html|<html|<\?xml|<head|<title|<meta)`)

// TestPagesConfirmNothing: a title, a realm and the text of a page may be
// written by anybody, so they are at most a suspicion. The exceptions, ethminer
// and its forks, speak for themselves in the status line and the Server header,
// which a page does not write.
func TestPagesConfirmNothing(t *testing.T) {
	exempt := []string{
		"ethminer", "ethcoreminer", "energiminer", "evrprogpowminer", "firominer", "kawpowminer",
		"meowpowminer", "nsfminer", "progpowminer", "serominer",
	}
	set := load(t)
	pages := 0
	for _, d := range recordedDevices(t) {
		for _, r := range d.Replies {
			head, body, isHTTP := bytes.Cut(r.Raw, []byte("\r\n\r\n"))
			if !isHTTP || !bytes.HasPrefix(head, []byte("HTTP/")) || !isPage.Match(body) {
				continue
			}
			pages++
			for _, e := range set.Judge([]minesweep.Reply{r}) {
				if e.Strength == minesweep.Confirm && !slices.Contains(exempt, e.Fingerprint) {
					t.Errorf("%s: the page of %s confirms %s: %s", d.Name, r.Probe, e.Fingerprint, e.Quote)
				}
			}
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages", pages)
	}
}

// TestRealmsConfirmNothing takes the body away from every refusal: what is left
// is a realm.
func TestRealmsConfirmNothing(t *testing.T) {
	set := load(t)
	refusals := 0
	for _, d := range recordedDevices(t) {
		for _, r := range d.Replies {
			head, _, isHTTP := bytes.Cut(r.Raw, []byte("\r\n\r\n"))
			if !isHTTP || !bytes.Contains(bytes.ToLower(head), []byte("www-authenticate:")) {
				continue
			}
			refusals++
			r.Raw = append(bytes.Clone(head), "\r\n\r\n"...)
			for _, e := range set.Judge([]minesweep.Reply{r}) {
				if e.Strength == minesweep.Confirm {
					t.Errorf("%s: the realm of %s confirms %s: %s", d.Name, r.Probe, e.Fingerprint, e.Quote)
				}
			}
		}
	}
	if refusals < 10 {
		t.Errorf("only %d refusals", refusals)
	}
}
