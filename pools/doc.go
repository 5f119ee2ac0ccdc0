// Package pools tells what a pool's address and a wallet say: which coin is
// mined there and who runs the pool. It is a table in memory; it resolves no
// name and opens nothing.
//
// pools.csv holds a domain a line, which stands for all names below it too; a
// longer one outranks a shorter one, and a line with a port is for that port
// alone. A line whose pays column says "any" is a pool that pays in another
// coin than it mines, so that the wallet says nothing of the work. The source
// column says where a fact is from: the endpoints and sites lists are
// gathered by mining-pool-domain-intel (Apache-2.0), K is from memory and
// unchecked.
package pools
