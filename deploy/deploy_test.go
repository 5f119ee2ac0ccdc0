// Package deploy_test holds what is in this folder against the program.
package deploy_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"minesweep/web"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// full is a store that holds one of everything.
type full struct{ turns int }

func (f *full) Snapshot(context.Context) (web.Snapshot, error) {
	f.turns++
	at := time.Unix(1, 0)
	return web.Snapshot{
		Sweeps: []web.Sweep{{ID: 1, Status: "running", Started: at, Budget: 1, Work: []web.LaneWork{{Kind: "discover"}},
			Lanes: []web.LaneCount{{Kind: "discover", State: "ready", Lanes: 1}}, Counts: &web.Counts{Hosts: map[string]int{"confirmed": 1}}}},
		Nodes:     []web.Node{{Name: "one", Heartbeat: at}},
		Schedules: []web.Schedule{{Name: "s", Nights: map[string]int{"begun": 1}, Next: at, Success: at}},
	}, nil
}

// exposed returns the metrics that a process really shows, by name, with the
// labels of each.
func exposed(t *testing.T) map[string][]string {
	t.Helper()
	now := time.Unix(100, 0)
	s := web.New(web.Config{Source: &full{}, Local: func() web.Local { return web.Local{} },
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	s.Loop("tick", time.Minute)
	var page string
	for range 2 { // a rate takes two readings
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		page = w.Body.String()
		now = now.Add(time.Minute)
	}
	out := map[string][]string{"up": {"job"}} // of Prometheus itself
	line := regexp.MustCompile(`(?m)^([a-z_0-9]+)(?:\{([^}]*)\})? `)
	label := regexp.MustCompile(`([a-z]+)="`)
	for _, m := range line.FindAllStringSubmatch(page, -1) {
		labels := []string{"instance", "job"} // added by the scrape
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		out[m[1]] = labels
	}
	if len(out) < 40 {
		t.Fatalf("only %d metrics are exposed: this test is blind", len(out))
	}
	return out
}

var (
	metricName = regexp.MustCompile(`\b(?:minesweep|process|go)_[a-z0-9_]+|\bup\b`)
	matcher    = regexp.MustCompile(`([a-z0-9_]+)\{([^}]*)\}`)
	matched    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
)

// checkQuery returns how many metrics a query names, and complains of those and
// of labels that do not exist.
func checkQuery(t *testing.T, where, query string, known map[string][]string) int {
	t.Helper()
	names := metricName.FindAllString(query, -1)
	for _, name := range names {
		if known[name] == nil {
			t.Errorf("%s asks for %s, which is not exposed: %s", where, name, query)
		}
	}
	for _, m := range matcher.FindAllStringSubmatch(query, -1) {
		for _, l := range matched.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(known[m[1]], l[1]) {
				t.Errorf("%s asks for label %s, which %s has not: %s", where, l[1], m[1], query)
			}
		}
	}
	return len(names)
}

func TestDashboardAsksForWhatThereIs(t *testing.T) {
	var board struct {
		UID           string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID         int
			Title      string
			Datasource struct{ UID string }
			GridPos    struct{ X, Y, W, H int }
			Targets    []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal(read(t, "grafana-dashboard.json"), &board); err != nil {
		t.Fatal(err)
	}
	if board.UID == "" || board.SchemaVersion < 38 || len(board.Templating.List) == 0 || board.Templating.List[0].Type != "datasource" {
		t.Errorf("uid %q, schema %d, variables %v: not what Grafana 10 takes", board.UID, board.SchemaVersion, board.Templating.List)
	}
	known := exposed(t)
	for _, v := range board.Templating.List[1:] {
		checkQuery(t, "variable "+v.Name, v.Definition, known)
	}
	titles, taken := map[string]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		titles[p.Title] = true
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("panel %s: datasource %q, %d queries", p.Title, p.Datasource.UID, len(p.Targets))
		}
		for _, q := range p.Targets {
			if checkQuery(t, "panel "+p.Title, q.Expr, known) == 0 {
				t.Errorf("panel %s asks for nothing: %s", p.Title, q.Expr)
			}
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panels %s and %s lie over each other", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	for _, want := range []string{"Coverage", "Rate against budget", "Open and confirmed", "Lanes", "Nodes alive",
		"Queue of open ports", "Errors", "Nights", "Clock skew"} {
		if !titles[want] {
			t.Errorf("there is no panel %q in %v", want, slices.Sorted(maps.Keys(titles)))
		}
	}
}

func TestAlertsAskForWhatThereIs(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(read(t, "alerts.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	known, alerts := exposed(t), map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			alerts[r.Alert] = true
			if checkQuery(t, "alert "+r.Alert, r.Expr, known) == 0 {
				t.Errorf("alert %s asks for nothing", r.Alert)
			}
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("alert %s does not say how bad it is, what it is and what to do", r.Alert)
			}
		}
	}
	for _, want := range []string{"NodeSilent", "NightMissed", "SweepNotFinishing", "SweepStands", "GuardStale", "ClockSkew",
		"KernelDrops", "CanaryDeaf", "StoreDown"} {
		if !alerts["Minesweep"+want] {
			t.Errorf("there is no alert Minesweep%s", want)
		}
	}
}

func TestCheckQueryComplains(t *testing.T) {
	probe := &testing.T{}
	checkQuery(probe, "here", `rate(minesweep_no_such_total[5m])`, exposed(t))
	if !probe.Failed() {
		t.Error("a metric that does not exist passed")
	}
	probe = &testing.T{}
	checkQuery(probe, "here", `minesweep_nodes{colour="red"}`, exposed(t))
	if !probe.Failed() {
		t.Error("a label that does not exist passed")
	}
}

// TestAlertsFire plays alerts-test.yaml by Prometheus's own tool where it is.
func TestAlertsFire(t *testing.T) {
	tool := toolOf(t, "promtool", "prometheus")
	if out, err := exec.CommandContext(t.Context(), tool, "test", "rules", "alerts-test.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// unitFiles copies the units into a directory of their own, with a program that
// is there, and returns their names.
func unitFiles(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"minesweep-serve.service", "minesweep-worker@.service"} {
		text := string(read(t, name))
		if !strings.Contains(text, "ExecStart=/usr/local/bin/minesweep ") {
			t.Errorf("%s does not start minesweep", name)
		}
		text = strings.ReplaceAll(text, "/usr/local/bin/minesweep", "/bin/true")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(dir, strings.Replace(name, "@.", "@one.", 1)))
	}
	return dir, names
}

// toolOf finds a program, and leaves the test out where it is not; what .ci/run has
// installed is there.
func toolOf(t *testing.T, name, debian string) string {
	t.Helper()
	tool, err := exec.LookPath(name)
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("%v; .ci/run installs it", err)
	case err != nil:
		t.Skipf("%s is not here (apt-get install %s)", name, debian)
	}
	return tool
}

func TestUnitsAreWhatSystemdTakes(t *testing.T) {
	tool := toolOf(t, "systemd-analyze", "systemd")
	_, names := unitFiles(t)
	out, err := exec.CommandContext(t.Context(), tool, append([]string{"verify", "--man=no"}, names...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "minesweep") { // of the units of this machine it may say what it likes
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestUnitsAreHardened(t *testing.T) {
	tool := toolOf(t, "systemd-analyze", "systemd")
	dir, _ := unitFiles(t)
	for _, name := range []string{"minesweep-serve.service", "minesweep-worker@.service"} {
		out, err := exec.CommandContext(t.Context(), tool, "security", "--offline=true", "--no-pager", "--threshold=25", filepath.Join(dir, name)).CombinedOutput()
		if err != nil {
			t.Errorf("%s is exposed more than 2.5: %v\n%s", name, err, out)
		}
	}
	for _, name := range []string{"minesweep-serve.service", "minesweep-worker@.service"} {
		text := string(read(t, name))
		for _, want := range []string{"Type=notify", "WatchdogSec=", "Restart=always", "TimeoutStopSec=", "StateDirectory=minesweep",
			"AmbientCapabilities=CAP_NET_RAW", "CapabilityBoundingSet=CAP_NET_RAW\n", "ProtectSystem=strict", "AF_XDP"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %s", name, want)
			}
		}
	}
}
