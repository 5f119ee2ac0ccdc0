package scanner

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const howToBuild = "build it with: go build -o minesweep-naabu ./cmd/minesweep-naabu"

// helperName is the file name of the child program.
func helperName() string {
	if runtime.GOOS == "windows" {
		return "minesweep-naabu.exe"
	}
	return "minesweep-naabu"
}

// findHelper returns the absolute path of the child program: the one named, or
// the one beside this executable, or the one in PATH.
func findHelper(named string) (string, error) {
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("helper %s cannot be run (%w), %s", named, err, howToBuild)
		}
		return filepath.Abs(path)
	}
	beside := "beside the program"
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		beside = filepath.Join(filepath.Dir(self), helperName())
		if path, err := exec.LookPath(beside); err == nil {
			return path, nil
		}
	}
	if path, err := exec.LookPath(helperName()); err == nil {
		return filepath.Abs(path)
	}
	return "", fmt.Errorf("helper %s is missing: it is neither at %s nor in PATH, %s", helperName(), beside, howToBuild)
}
