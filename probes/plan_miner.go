package probes

// minerSteps read the programs that mine on graphics cards and processors.
// XMRig allows four methods on every answer, a refusal too.
var minerSteps = []step{
	{after: root, when: re(`GET, PUT, POST, DELETE|404 NOT_FOUND|401 UNAUTHORIZED|403 FORBIDDEN`), unless: re(`"ua"`), ask: []string{"http/2/summary"}},
	{after: []string{"http/2/summary"}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/1/summary"}},
	{after: []string{"http/1/summary"}, when: re(`^HTTP/\S+ 404`), ask: []string{"http/api.json"}},
	{after: root, when: re(`(?i)xmr-?stak|^HTTP/\S+ 30\d[^\n]*\n(?:[^\n]+\n)*location: *\S*/h\r?\n`), ask: []string{"http/api.json"}},
	{after: root, on: []uint16{3434}, when: re(`^HTTP/\S+ [34]0\d`), ask: []string{"http/api.json"}, weak: true},
	{after: root, when: re(`(?i)ethminer|200 Ok Error|claymore|phoenixminer|tt-miner`), ask: []string{"claymore/miner_getstat1"}},
	{after: root, when: re(`(?i)nbminer`), ask: []string{"http/api/v1/status"}},
	{after: root, when: re(`(?i)nanominer`), ask: []string{"http/stats"}},
	{after: root, when: re(`(?i)\bgminer|\brigel`), ask: []string{"http/stat"}},
	{after: root, when: re(`(?i)bzminer`), ask: []string{"http/status"}},
	{after: root, when: re(`(?i)\bbminer`), ask: bminerQuestions},
	{after: []string{"http/api/v1/status/solver"}, when: re(`"solvers"`), ask: bminerQuestions},
	{after: []string{"http/api/v1/status/solver"}, when: re(`^HTTP/\S+ 40\d`), ask: []string{"http/api/status", "http/"}, weak: true},
	{after: root, when: re(`(?i)mkxminer`), ask: []string{"http/stats"}},
	{after: root, when: re(`(?i)iximiner`), ask: []string{"http/status"}},
	{after: root, when: re(`(?i)grinpro`), ask: []string{"http/api/status"}},
	{after: root, when: re(`(?i)hspminer`), ask: []string{"http/api/v1"}},
	{after: root, when: re(`(?i)nqminer|noncerpro|nimiq`), ask: []string{"http/api"}},
	{after: root, when: re(`(?i)t-rex|lolminer|tbminer|location: *\S*/trex`), ask: []string{"http/summary"}},

	// JSON lines: an error to one dialect is an answer in another.
	{after: []string{"excavator/subscribe.info"}, when: re(`^\s*\{[\s\S]*"(address|login|error)"`), ask: []string{"excavator/algorithm.list"}},
	{after: []string{"claymore/miner_getstat1"}, when: re(`"error"\s*:\s*[\[{"]`), ask: []string{"claymore/miner_ping", "http/"}, weak: true},

	// ccminer's text.
	{after: []string{"ccminer/summary"}, when: re(`NAME=cpuminer`), ask: []string{"ccminer/threads"}},
	{after: []string{"ccminer/summary"}, when: re(`NAME=`), ask: []string{"ccminer/pool"}},
}

var bminerQuestions = []string{"http/api/v1/status/solver", "http/api/v1/status/stratum", "http/api/status"}
