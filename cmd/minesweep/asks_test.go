//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAsksFewer is the process that may open few files; by itself it does
// nothing.
func TestAsksFewer(t *testing.T) {
	if os.Getenv("MINESWEEP_TEST_FEW_FILES") == "" {
		t.Skip("only as a child of TestAsksKeepToTheLimitOfFiles")
	}
	for _, limit := range []uint64{100, 300, 4000} {
		// The hard limit comes down with it; the first one is the soft limit alone.
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: 4000}); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		p := &program{stderr: &said}
		fmt.Println(limit, p.asks(0), p.asks(2000), said.Len() > 0)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 100, Max: 4000}); err != nil {
		t.Fatal(err)
	}
	moreFiles()
	fmt.Println(openFiles())
}

func TestAsksKeepToTheLimitOfFiles(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAsksFewer$")
	cmd.Env = append(os.Environ(), "MINESWEEP_TEST_FEW_FILES=1")
	out, err := cmd.CombinedOutput()
	want := "100 50 50 true\n300 150 150 true\n4000 1024 2000 false\n4000 true\n"
	if err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%v, got\n%swant\n%s", err, out, want)
	}
}
