package scanner

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// fakeMode makes the test binary play minesweep-naabu with some fault.
const fakeMode = "MINESWEEP_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeMode); mode != "" {
		playChild(mode)
		return
	}
	code := m.Run()
	if dir := os.Getenv(builtHelper()); dir != "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// playChild answers as mode has it: open for the canary and for ports below
// 1000, closed for the rest, until the mode's fault.
func playChild(mode string) {
	mode, argument, _ := strings.Cut(mode, "=")
	if mode == "silent" {
		_ = os.WriteFile(argument, fmt.Append(nil, os.Getpid()), 0o600)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	engine := "connect"
	if strings.HasPrefix(mode, "syn") {
		engine = "syn"
	}
	var own netip.AddrPort
	if mode == "dies-at-once" {
		fmt.Fprintln(os.Stderr, "\npanic: no luck today\x1b[0m\ngoroutine 1 [running]")
		os.Exit(3)
	}
	canaries := 0
	for n := 0; in.Scan(); n++ {
		command, err := ParseCommand(in.Bytes())
		if err != nil {
			os.Exit(4)
		}
		switch {
		case n == 0:
			say(Report{Ready: true, Engine: engine, Why: "a test", Notes: []string{"a note"}})
		case command.Scope != nil:
			own = command.Scope.Own
		case command.Target == own:
			canaries++
			if mode == "deaf" || mode == "syn-goes-deaf" && canaries > 1 {
				say(Report{Target: own, Engine: engine, State: StateFiltered})
				continue
			}
			say(Report{Target: own, Engine: engine, State: StateOpen})
		default:
			misbehave(mode)
			if engine == "syn" {
				say(Report{Target: command.Target, Engine: engine, State: StateSent})
			}
			answer(command.Target, engine)
		}
		if own.IsValid() && command.Scope != nil && len(command.Scope.Allow) == 0 {
			os.Exit(5)
		}
	}
}

func misbehave(mode string) {
	switch mode {
	case "dies":
		fmt.Fprintln(os.Stderr, "out of ideas")
		os.Exit(7)
	case "garbage":
		fmt.Println("hello")
	case "long":
		fmt.Println(strings.Repeat("x", MaxReport+1))
	case "error":
		say(Report{Error: "the interface went away"})
	case "unasked":
		say(Report{Target: netip.MustParseAddrPort("192.0.2.1:80"), Engine: "connect", State: StateOpen})
	case "ready-twice":
		say(Report{Ready: true, Engine: "connect"})
		say(Report{Ready: true, Engine: "connect"})
	case "silent":
		time.Sleep(time.Hour)
	}
}

func answer(target netip.AddrPort, engine string) {
	switch {
	case target.Port() < 1000:
		say(Report{Target: target, Engine: engine, State: StateOpen})
	case target.Port() == 1500:
		fault := "no socket left"
		if target.Addr().As4()[3] == 2 {
			fault = "\x1b[31mno such kind" + strings.Repeat("!", 1000)
		}
		say(Report{Target: target, Engine: engine, State: StateError, Why: "too many open files", Fault: fault})
	case engine == "connect":
		say(Report{Target: target, Engine: engine, State: StateClosed})
	}
}

func say(r Report) {
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}
