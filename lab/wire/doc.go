// Package wire is a closed laboratory for scanners, for benches and tests as
// root on Linux: two network namespaces joined by a veth pair. The scanner runs
// in the near one. In the far one an XDP program answers for 10.0.0.0/8,
// 100.64.0.0/10 and fd00:2::/96 by a hash of address and port, so that the truth
// is known, nothing is stored and the far side costs little. It counts what
// came: by kind, by time, by pair, and what it was told is out of scope.
//
// A [Cluster] has several scanners: their networks are joined to the near one,
// which forwards, and to another that holds what they share.
//
// No packet can leave: the namespaces have no other device. They have no names
// and nothing is pinned, so that nothing is left of a laboratory whose process
// was killed.
package wire
