package scanner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// lookupOf is a resolver that knows these names only.
func lookupOf(known map[string]string) Lookup {
	return func(_ context.Context, name string) ([]netip.Addr, error) {
		text, ok := known[name]
		if !ok {
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		var out []netip.Addr
		for _, field := range strings.Fields(text) {
			out = append(out, netip.MustParseAddr(field))
		}
		return out, nil
	}
}

func TestNamesAreResolved(t *testing.T) {
	lookup := lookupOf(map[string]string{
		"example.org": "192.0.2.7 2001:db8::7", "localhost": "127.0.0.1 ::1", "my-rig.example.org": "::ffff:192.0.2.9", "163.com": "192.0.2.163",
	})
	l := TargetList{Names: true}
	if err := l.Words([]string{"example.org,10.0.0.1-2", "localhost", "163.com"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Read("list", strings.NewReader("my-rig.example.org. # a rig\n2001:db8::1\n")); err != nil {
		t.Fatal(err)
	}
	if err := l.Resolve(t.Context(), lookup); err != nil {
		t.Fatal(err)
	}
	set, err := l.Set()
	if err != nil {
		t.Fatal(err)
	}
	const want = "[10.0.0.1/32 10.0.0.2/32 127.0.0.1/32 192.0.2.7/32 192.0.2.9/32 192.0.2.163/32 ::1/128 2001:db8::1/128 2001:db8::7/128]"
	if got := fmt.Sprint(set.Prefixes()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNamesThatDoNotResolve(t *testing.T) {
	lookup := lookupOf(map[string]string{"good.example": "192.0.2.1", "empty.example": ""})
	failing := func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("server misbehaving") }
	slow := func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
	for _, c := range []struct {
		lookup     Lookup
		file, want string
	}{
		{lookup, "good.example\nbad.example\nworse.example", `list:2: "bad.example" has no address: mend the name`},
		{lookup, "empty.example", `list:1: "empty.example" has no address`},
		{failing, "good.example", `list:1: "good.example" was not resolved (server misbehaving)`},
		{slow, "good.example", `list:1: "good.example" was not resolved within 5s`},
	} {
		l := TargetList{Names: true}
		if err := l.Read("list", strings.NewReader(c.file)); err != nil {
			t.Fatal(err)
		}
		if err := l.Resolve(t.Context(), c.lookup); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.file, err, c.want)
		}
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	waiting := func(ctx context.Context, _ string) ([]netip.Addr, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	l := TargetList{Names: true}
	if err := l.Words([]string{"example.org"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Resolve(ctx, waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestIsHostName(t *testing.T) {
	for word, want := range map[string]bool{
		"example.org": true, "a-b.example.org": true, "localhost": true, "LOCALHOST": true, "rig_7.farm.lan": true, "xn--fiq228c.xn--fiqs8s": true,
		"miner": false, "10.0.0.x": false, "10.0.0.1o": false, "10.0.0.lO": false, "192.0.2.7": false, "1.2.3": false,
		"10.0.0.1-10.0.0.9": false, "10.0.0.0/24": false, "-a.org": false, "a-.org": false, "a..org": false, ".org": false,
		"exa mple.org": false, "example.org:80": false, "2001:db8::1": false, "café.org": false,
		strings.Repeat("a", 64) + ".org": false, strings.Repeat("a.", 130) + "org": false,
	} {
		if isHostName(word) != want {
			t.Errorf("isHostName(%q) = %v", word, !want)
		}
	}
}

func FuzzTargetNames(f *testing.F) {
	f.Add("example.org 10.0.0.1\nlocalhost # x\n")
	f.Add("10.0.0.x")
	f.Fuzz(func(t *testing.T, s string) {
		l := TargetList{Names: true}
		if l.Read("f", strings.NewReader(s)) != nil {
			return
		}
		for _, n := range l.names {
			if _, err := netip.ParseAddr(n.name); err == nil || len(n.name) > 253 || !strings.HasPrefix(n.where, "f:") {
				t.Errorf("%q at %q is no name", n.name, n.where)
			}
		}
	})
}
