// Package minesweep finds cryptocurrency miners, pools, proxies and mining
// nodes in address ranges that its user has authority over.
//
// Data goes one way:
//
//	Grant − Exclusion = Scope
//	Scope → Target → OpenPort → Reply → Evidence → Host → Asset
//
// This package holds those nouns, the small interfaces between the stages, and
// the one loop that joins them ([Sweeper]). It opens no socket and no file:
// package scanner finds open ports, probes asks, probes/fingerprints and
// mapper judge, db remembers.
package minesweep
