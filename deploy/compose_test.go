package deploy_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type composeFile struct {
	Services map[string]struct {
		Image       string
		Build       map[string]string
		Command     []string
		Environment map[string]string
		Secrets     []string
		Volumes     []string
		Ports       []string
		Healthcheck map[string]any
		CapDrop     []string `yaml:"cap_drop"`
		CapAdd      []string `yaml:"cap_add"`
		Privileged  bool
		DependsOn   any `yaml:"depends_on"`
		Deploy      struct{ Replicas int }
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

func compose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	if err := yaml.Unmarshal(read(t, "compose.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestComposeIsWhole(t *testing.T) {
	file := compose(t)
	for _, want := range []string{"postgres", "migrate", "worker", "prometheus", "grafana"} {
		if _, ok := file.Services[want]; !ok {
			t.Fatalf("there is no service %s", want)
		}
	}
	version := regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+(\.\d+)?$`)
	for name, s := range file.Services {
		if !version.MatchString(s.Image) {
			t.Errorf("service %s: image %q names no version", name, s.Image)
		}
		for _, secret := range s.Secrets {
			if file.Secrets[secret].File == "" {
				t.Errorf("service %s wants secret %s, which no file holds", name, secret)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(from, "./") {
				if _, err := os.Stat(from); err != nil {
					t.Errorf("service %s: %v", name, err)
				}
			} else if _, ok := file.Volumes[from]; !ok {
				t.Errorf("service %s: volume %s is not declared", name, from)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("service %s is open to other machines by %s", name, p)
			}
		}
		if s.Privileged {
			t.Errorf("service %s is privileged", name)
		}
	}
	if len(file.Services["postgres"].Healthcheck) == 0 {
		t.Error("nobody looks whether postgres is healthy, and others wait for it")
	}
	worker := file.Services["worker"]
	if worker.Deploy.Replicas < 2 || !slices.Equal(worker.CapDrop, []string{"ALL"}) || !slices.Equal(worker.CapAdd, []string{"NET_RAW"}) {
		t.Errorf("worker: %+v", worker)
	}
	if !slices.Contains(worker.Command, "0.0.0.0:9464") || !strings.Contains(string(read(t, "prometheus.yaml")), "port: 9464") {
		t.Error("Prometheus does not find the workers where they listen")
	}
}

func TestComposeHoldsNoSecret(t *testing.T) {
	file := compose(t)
	hidden := regexp.MustCompile(`(?i)pass|secret|token|key`)
	for name, s := range file.Services {
		for key, value := range s.Environment {
			if hidden.MatchString(key) && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("service %s: %s=%s is no file of a secret", name, key, value)
			}
			if regexp.MustCompile(`://[^/@]*:[^/@]*@`).MatchString(value) {
				t.Errorf("service %s: %s holds a password", name, key)
			}
		}
	}
	for name, secret := range file.Secrets {
		if path.Dir(secret.File) != "secrets" && !strings.HasPrefix(secret.File, "./secrets/") {
			t.Errorf("secret %s lies in %s, which git would take", name, secret.File)
		}
	}
	if !strings.Contains(string(read(t, ".gitignore")), "/secrets/") {
		t.Error("git would take the secrets")
	}
}

func TestDockerfileNamesVersions(t *testing.T) {
	from := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(read(t, "Dockerfile")), -1)
	if len(from) != 2 {
		t.Fatalf("%d stages", len(from))
	}
	for _, f := range from {
		if !regexp.MustCompile(`^[a-z/]+:\d+\.\d+`).MatchString(f[1]) {
			t.Errorf("image %s names no version", f[1])
		}
	}
}

func TestEveryYAMLFileIsOne(t *testing.T) {
	for _, name := range []string{"alerts.yaml", "alerts-test.yaml", "prometheus.yaml", "compose.yaml", "grafana/datasource.yaml", "grafana/dashboards.yaml"} {
		var any map[string]any
		if err := yaml.Unmarshal(read(t, name), &any); err != nil || len(any) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
