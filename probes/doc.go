// Package probes asks open ports harmless questions and keeps the answers. It
// judges nothing: what an answer proves is for package fingerprints to say.
//
// A question is a [Probe], a value: a name, the ports that hint at it, and the
// bytes to send. Those bytes are constants in requests.go, the only place from
// which anything reaches a target. [Asker] chooses the questions of one open
// port: hints.go says what comes first, plan.go what follows from an answer.
//
// The peer is hostile until the contrary is shown: every reading ends at a
// size, at a silence and at a total time, whichever comes first.
package probes
