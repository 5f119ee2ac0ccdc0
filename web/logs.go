package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LogConfig is how a process logs.
type LogConfig struct {
	Level string // debug, info, warn or error; "" is info
	// Format is json or text; "" is text on a terminal and json elsewhere.
	Format   string
	Terminal bool   // To is a terminal
	Node     string // on each line; "" leaves it out
	To       io.Writer
}

// NewLog returns a logger whose strings are data: what could move a cursor or
// turn a line around is written as \x1b or \u202e. Lines that are written under
// the context of [Sight.Stint] tell sweep, kind, lane and run.
func NewLog(cfg LogConfig) (*slog.Logger, error) {
	var level slog.Level
	switch cfg.Level {
	case "", "info":
	case "debug", "warn", "error":
		if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("--log-level %q is none, write debug, info, warn or error", cfg.Level)
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: asData}
	var h slog.Handler
	switch {
	case cfg.Format == "json" || cfg.Format == "" && !cfg.Terminal:
		h = slog.NewJSONHandler(cfg.To, options)
	case cfg.Format == "text" || cfg.Format == "":
		h = slog.NewTextHandler(cfg.To, options)
	default:
		return nil, fmt.Errorf("--log-format %q is none, write json or text", cfg.Format)
	}
	log := slog.New(workHandler{h})
	if cfg.Node != "" {
		log = log.With("node", cfg.Node)
	}
	return log, nil
}

// Notice makes a logger out of what a function for sentences would take.
func Notice(log *slog.Logger) func(sentence string) {
	return func(sentence string) { log.Info(sentence) }
}

// Notice is the [Notice] of this process's log with the work of ctx on it.
func (s *Sight) Notice(ctx context.Context) func(sentence string) {
	ctx = context.WithoutCancel(ctx)
	return func(sentence string) { s.cfg.Log.InfoContext(ctx, sentence) }
}

// maxLogged bounds one string of a log line, in bytes.
const maxLogged = 4096

// asData is the ReplaceAttr that takes the power out of strings.
func asData(_ []string, a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Escape(v.String()))
	case slog.KindAny:
		switch x := v.Any().(type) {
		case *slog.Source, slog.Level:
			return a
		case error:
			return slog.String(a.Key, Escape(x.Error()))
		default:
			return slog.String(a.Key, Escape(fmt.Sprint(x)))
		}
	}
	return a
}

// Escape writes what is not printable in s as Go would in a string literal, and
// cuts s at 4 KiB. A backslash of s itself stays as it is.
func Escape(s string) string {
	cut := false
	if len(s) > maxLogged {
		s, cut = strings.ToValidUTF8(s[:maxLogged], ""), true
	}
	if strings.IndexFunc(s, harmful) >= 0 || !utf8.ValidString(s) {
		s = escaped(s)
	}
	if cut {
		s += "… (cut)"
	}
	return s
}

func harmful(r rune) bool { return !unicode.IsPrint(r) }

func escaped(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !harmful(r):
			b.WriteString(s[:size])
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// workHandler adds what the process is working on to each line.
type workHandler struct{ slog.Handler }

func (h workHandler) Handle(ctx context.Context, r slog.Record) error {
	if w, ok := ctx.Value(workKey{}).(Work); ok {
		r = r.Clone()
		r.AddAttrs(slog.Int64("sweep", w.Sweep), slog.String("kind", w.Kind), slog.Int("lane", w.Lane), slog.Int64("run", w.Run))
	}
	return h.Handler.Handle(ctx, r)
}

func (h workHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return workHandler{h.Handler.WithAttrs(attrs)}
}

func (h workHandler) WithGroup(name string) slog.Handler {
	return workHandler{h.Handler.WithGroup(name)}
}
