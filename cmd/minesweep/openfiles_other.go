//go:build !unix

package main

func moreFiles() {}

// openFiles returns false: nothing here bounds how many files may be open.
func openFiles() (int, bool) { return 0, false }
