package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestPeakIn(t *testing.T) {
	for status, want := range map[string]uint64{
		"Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t   12 kB\nVmRSS:\t 8 kB\n": 12 * 1024,
		"Name:\tVmHWM: 7 kB\n":         0, // a zombie has no memory, and a name may lie
		"Name:\tx\nVmHWM:\t12 MB of\n": 0, "Name:\tx\nVmHWM:\tx kB\n": 0, "": 0,
	} {
		if got := peakIn([]byte(status)); got != want {
			t.Errorf("%q: %d, want %d", status, got, want)
		}
	}
}

// A process that started another one counts with it.
func TestMemoryOfAFamily(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 60 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if p, err := os.FindProcess(child); err == nil {
			_ = p.Kill()
		}
		_ = cmd.Wait()
	}()
	if got := family(cmd.Process.Pid); !slices.Equal(got, []int{cmd.Process.Pid, child}) {
		t.Fatalf("family %v, want %d and %d", got, cmd.Process.Pid, child)
	}
	for comm := ""; comm != "sleep\n"; { // until then it is a copy of the shell, whose peak it sheds
		text, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/comm")
		if err != nil {
			t.Fatal(err)
		}
		comm = string(text)
	}
	over, end := context.WithCancel(t.Context())
	end()
	own, its := peakOf(cmd.Process.Pid), peakOf(child)
	if sum := watchMemory(over, cmd.Process.Pid); own == 0 || its == 0 || sum < own+its {
		t.Errorf("together %d bytes, the first %d, its child %d", sum, own, its)
	}
}
