// Package db keeps what minesweep knows in one SQLite file: grants and
// exclusions, sweeps with their open ports and replies, hosts and assets, and
// an audit log of every change of authority.
//
// [Open] gives a [Store]. [Store.BeginSweep] gives a [Journal], which is the
// Recorder, Queue and History of one sweep.
//
// The file is in WAL mode. A transaction that has been acknowledged survives
// the death of the process. It survives a loss of power only where the package
// says so (grants and exclusions); after a loss of power a sweep goes on from
// a somewhat older cursor, because cursor and findings are lost together, in
// the order they were written.
//
// Times are kept to the microsecond, in UTC.
package db
