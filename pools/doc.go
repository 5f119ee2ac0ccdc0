// Package pools tells what a pool's address and a wallet say: which coin is
// mined there and who runs the pool. It is a table in memory; it resolves no
// name and opens nothing.
package pools
