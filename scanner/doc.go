// Package scanner finds open ports inside a scope.
//
// [Guard] is the one way out to a target: it decides by the present scope,
// keeps the budgets and lets one connection at a time to a host. [Naabu] walks
// a plan in the order of a cyclic group, asks the guard for each target and
// lets minesweep-naabu, a child process, send. The text forms of targets and
// ports are read here too.
package scanner
