// Package postgres runs a real PostgreSQL server for tests: in a directory of
// its own, as an unprivileged user, on a Unix socket or where the caller says,
// and in the network namespace that the caller chooses. It ends with the process
// that started it, also where that is killed.
package postgres
