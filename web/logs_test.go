package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"minesweep/web"
)

func TestLogLinesAreData(t *testing.T) {
	hostile := "Ant\x1b[2J\r\nminer\u202egpj\x9b31m \xff\u2028é"
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log, err := web.NewLog(web.LogConfig{Format: format, Node: "one", To: &out})
		if err != nil {
			t.Fatal(err)
		}
		log.Info("banner "+hostile, "model", hostile, "error", errors.New(hostile), "list", []string{hostile},
			slog.Group("device", "name", hostile))
		line := strings.TrimSuffix(out.String(), "\n")
		if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(line) {
			t.Errorf("%s: a device's bytes came through at %d: %q", format, i, line)
		}
		for _, want := range []string{"1b[2J", "u202e", "é", "one"} {
			if !strings.Contains(line, want) {
				t.Errorf("%s: %q is not in %s", format, want, line)
			}
		}
	}
}

func TestLogTellsTheWork(t *testing.T) {
	var out bytes.Buffer
	log, err := web.NewLog(web.LogConfig{Node: "one", To: &out})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newSight(t, web.Config{Log: log})
	ctx, over := s.Stint(t.Context(), web.Work{Sweep: 7, Kind: "ask", Lane: 3, Run: 2})
	s.Notice(ctx)("the engine is syn")
	over(nil)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"node": "one", "sweep": 7.0, "kind": "ask", "lane": 3.0, "run": 2.0, "msg": "the engine is syn", "level": "INFO"} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v: %s", key, line[key], want, out.String())
		}
	}
}

func TestLogLevelsAndFormats(t *testing.T) {
	for _, c := range []struct {
		level, format string
		terminal      bool
		begins, wrong string
	}{
		{"", "", false, `{"time"`, ""},
		{"info", "", true, "time=", ""},
		{"debug", "json", true, `{"time"`, ""},
		{"warn", "text", false, "", ""},
		{"loud", "", false, "", `--log-level "loud" is none`},
		{"", "xml", false, "", `--log-format "xml" is none`},
	} {
		var out bytes.Buffer
		log, err := web.NewLog(web.LogConfig{Level: c.level, Format: c.format, Terminal: c.terminal, To: &out})
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello")
		if c.begins == "" && out.Len() > 0 || !strings.HasPrefix(out.String(), c.begins) {
			t.Errorf("%+v wrote %q", c, out.String())
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"Antminer S19", "\x1b]0;title\a", "\u202e", "\xff\xfe", strings.Repeat("é", 3000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := web.Escape(s)
		if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(got) {
			t.Errorf("Escape(%q) = %q: not printable at %d", s, got, i)
		}
		if len(got) > 4*4096+len("… (cut)") {
			t.Errorf("Escape made %d bytes", len(got))
		}
		if len(s) <= 4096 && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && got != s {
			t.Errorf("Escape(%q) = %q, which was harmless", s, got)
		}
	})
}
