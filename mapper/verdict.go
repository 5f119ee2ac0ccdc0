package mapper

import (
	"fmt"
	"slices"
	"strings"

	"minesweep"
)

// maxEvidence bounds the evidence that one host shows; the heaviest stays.
const maxEvidence = 48

// weigh decides verdict and identity. The order of precedence:
//
//  1. decoy evidence of a fingerprint, behaviour of the whole host that no
//     device shows (everything open), and claims that nothing can make at once:
//     decoy, whatever else was claimed;
//  2. confirm: the heaviest names the device, refuting evidence is a doubt;
//  3. refute: unidentified, but the identity is known;
//  4. suspect;
//  5. behaviour of a port (echo, drip), or that the sieve held it back: decoy;
//  6. any byte heard: unidentified; else silent.
//
// Evidence that rests on bytes a port gives to whoever asks whatever is void
// before the weighing.
func weigh(o minesweep.Observation, h *minesweep.Host) {
	signs := behaviour(o)
	evidence := slices.DeleteFunc(ranked(o.Evidence), ownEcho)
	sound := slices.DeleteFunc(slices.Clone(evidence), signs.voids)
	group := func(s minesweep.Strength) []minesweep.Evidence { return only(sound, s) }
	confirm, refute, suspect := group(minesweep.Confirm), group(minesweep.Refute), group(minesweep.Suspect)
	pretence := findPretence(confirm, o.Replies)
	decoy := len(only(evidence, minesweep.Decoy)) > 0 || signs.overrule(confirm, o.Replies) || len(pretence) > 0
	signs = append(signs, pretence...)
	switch {
	case decoy:
		h.Verdict = minesweep.DecoyHost
	case len(confirm) > 0:
		h.Verdict = minesweep.Confirmed
		identify(h, confirm, suspect)
		doubtSeveral(h, confirm)
		doubtRefuted(h, refute)
	case len(refute) > 0:
		h.Verdict = minesweep.Unidentified
		identify(h, refute, nil)
		doubtRefuted(h, refute)
	case len(suspect) > 0:
		h.Verdict = minesweep.Suspected
		identify(h, suspect, nil)
	case len(signs) > 0:
		h.Verdict = minesweep.DecoyHost
	case heard(o.Replies):
		h.Verdict = minesweep.Unidentified
	default:
		h.Verdict = minesweep.Silent
	}
	for _, s := range signs {
		addDoubt(h, s.reason)
	}
	for _, e := range only(evidence, minesweep.Note) {
		addDoubt(h, shorten(e.Quote, 160))
	}
	if h.Verdict == minesweep.DecoyHost && len(o.Evidence) > 0 {
		h.Doubts = append(h.Doubts, doubtsOfClaims(evidence)...)
	}
	h.Evidence = quote(append(evidence, signs.asEvidence()...))
}

// ownEcho tells evidence of an echo that was found reply by reply. Here a port
// is an echo only if it answers nothing else: redis and others repeat a
// question inside their complaint about it.
func ownEcho(e minesweep.Evidence) bool {
	return e.Fingerprint == echo && e.Strength == minesweep.Decoy
}

// ranked returns the evidence by strength, then weight, then fingerprint, and
// at last by everything else, so that order of arrival never decides.
func ranked(evidence []minesweep.Evidence) []minesweep.Evidence {
	out := slices.Clone(evidence)
	slices.SortFunc(out, compareEvidence)
	return out
}

func compareEvidence(a, b minesweep.Evidence) int {
	if c := strengthRank(a.Strength) - strengthRank(b.Strength); c != 0 {
		return c
	}
	if c := b.Weight - a.Weight; c != 0 {
		return c
	}
	if c := strings.Compare(a.Fingerprint, b.Fingerprint); c != 0 {
		return c
	}
	if c := strings.Compare(a.Probe, b.Probe); c != 0 {
		return c
	}
	if c := int(a.Port) - int(b.Port); c != 0 {
		return c
	}
	if c := strings.Compare(a.Quote, b.Quote); c != 0 {
		return c
	}
	return strings.Compare(claimsKey(a.Claims), claimsKey(b.Claims))
}

func strengthRank(s minesweep.Strength) int {
	order := []minesweep.Strength{minesweep.Decoy, minesweep.Confirm, minesweep.Refute, minesweep.Suspect}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

func only(evidence []minesweep.Evidence, s minesweep.Strength) []minesweep.Evidence {
	var out []minesweep.Evidence
	for _, e := range evidence {
		if e.Strength == s {
			out = append(out, e)
		}
	}
	return out
}

func doubtRefuted(h *minesweep.Host, refute []minesweep.Evidence) {
	for _, e := range refute {
		addDoubt(h, fmt.Sprintf("%s speaks against mining: %s on port %d said %s",
			e.Fingerprint, e.Probe, e.Port, shorten(e.Quote, 80)))
	}
}

// doubtsOfClaims says what a decoy pretended to be, once a fingerprint.
func doubtsOfClaims(evidence []minesweep.Evidence) []string {
	var out []string
	for _, e := range evidence {
		if e.Strength != minesweep.Confirm && e.Strength != minesweep.Suspect {
			continue
		}
		s := fmt.Sprintf("not believed: %s on port %d", e.Fingerprint, e.Port)
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out[:min(len(out), 8)]
}

func addDoubt(h *minesweep.Host, s string) {
	if !slices.Contains(h.Doubts, s) {
		h.Doubts = append(h.Doubts, s)
	}
}

func heard(replies []minesweep.Reply) bool {
	return slices.ContainsFunc(replies, func(r minesweep.Reply) bool { return len(r.Raw) > 0 })
}

// quote shows evidence without its claims, each piece once.
func quote(evidence []minesweep.Evidence) []minesweep.QuotedClaim {
	out := make([]minesweep.QuotedClaim, 0, min(len(evidence), maxEvidence))
	for _, e := range ranked(evidence) {
		q := minesweep.QuotedClaim{
			Fingerprint: e.Fingerprint, Probe: e.Probe, Port: e.Port, Strength: e.Strength, Quote: e.Quote,
		}
		if len(out) < maxEvidence && !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	return out
}

// shorten cuts s to at most n bytes, whole characters, for a sentence.
func shorten(s string, n int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "?"))
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
