// Package lab is a network of simulated devices on loopback addresses, played
// from recordings, for the demo, the tests and the benches.
//
// A device answers the questions of its recording byte by byte, framed as its
// protocol frames them, and what it was not recorded for as such a program
// does: cgminer's API with code 14, a web server with 404. Innocent hosts and
// decoys live among them. Nothing here connects to anything; it only listens.
package lab
