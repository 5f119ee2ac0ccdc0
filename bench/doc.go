// Package bench measures minesweep as a whole: how long a subnet takes, and
// what one decision, one judgement and one step cost. Run it with make bench;
// benchstat compares two runs. A figure against another program is taken in
// one run on the same work, and stands here with its command.
package bench
