// Command chaos lets a sweep be done by several workers while they are killed and
// cut off and their database is crashed, and holds what came out against the
// truth. All of it takes place in network namespaces of its own (lab/wire): a
// network for each worker, one for the database, one full of targets.
package main
