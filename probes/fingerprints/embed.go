package fingerprints

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var rules embed.FS

//go:embed testdata/*.txtar
var recorded embed.FS

// Embedded returns the rules that are part of the program.
func Embedded() fs.FS { return rules }

// Recordings returns the recorded devices that are part of the program, as
// testdata/DEVICE.txtar; package recordings reads them.
func Recordings() fs.FS { return recorded }
