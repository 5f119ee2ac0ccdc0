// Command peers measures minesweep beside masscan, zmap and naabu's own program
// on one machine, in one closed network, pair by pair: each run of a peer stands
// beside a run of minesweep taken next to it, and ratios are of such pairs. The
// responder of lab/wire counts what was on the wire and knows what is open.
//
// It writes bench/RESULTS.md and bench/results.svg and says which of the figures
// that minesweep promises hold. Linux, as root; about an hour, or some minutes
// with -quick. make bench builds what it needs and runs it.
package main
