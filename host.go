package minesweep

import (
	"net/netip"
	"time"
)

// Verdict is what a sweep concluded of one address.
type Verdict string

// The verdicts.
const (
	Confirmed    Verdict = "confirmed"    // protocol evidence that only mining software gives
	Suspected    Verdict = "suspected"    // hints only
	Unidentified Verdict = "unidentified" // answers; nothing says that it mines
	DecoyHost    Verdict = "decoy"        // tarpit, echo, everything open
	Silent       Verdict = "silent"       // open port, not one byte
)

// Host is one address as one sweep saw it. Its JSON form is a public
// interface: fields are added, never renamed or removed.
type Host struct {
	Address      netip.Addr `json:"address"`
	Device       string     `json:"device,omitempty"` // name in a recording; identify only
	Verdict      Verdict    `json:"verdict"`
	Class        Class      `json:"class"`
	Vendor       string     `json:"vendor"`
	Model        string     `json:"model"`
	Firmware     string     `json:"firmware"`
	Algorithm    string     `json:"algorithm"`
	Coin         string     `json:"coin"`
	Hashrate     *float64   `json:"hashrate"` // null: not known; 0: not hashing
	HashrateUnit string     `json:"hashrate_unit"`
	// HashrateInferred says that the unit is a guess from the model's rated
	// value, since the device names none or a wrong one.
	HashrateInferred bool          `json:"hashrate_inferred,omitempty"`
	State            string        `json:"state,omitempty"`
	PowerW           *float64      `json:"power_w"`
	PowerSource      string        `json:"power_source"` // "measured", "model", "class" or ""
	Pool             string        `json:"pool"`
	PoolOperator     string        `json:"pool_operator"` // who runs the pool, by its name; "" where the table does not know it
	Worker           string        `json:"worker"`
	MAC              string        `json:"mac"`
	Serial           string        `json:"serial"`
	Hostname         string        `json:"hostname,omitempty"`
	UptimeS          *int64        `json:"uptime_s"`
	Locked           bool          `json:"locked"`
	Ports            []HostPort    `json:"ports"`
	Requests         int           `json:"requests"` // questions that were sent to it; bytes received unasked are none
	Evidence         []QuotedClaim `json:"evidence"`
	Doubts           []string      `json:"doubts"`
	FirstSeen        time.Time     `json:"first_seen"`
	LastSeen         time.Time     `json:"last_seen"`
}

// HostPort is an open port of a host and the protocol it was heard to speak.
type HostPort struct {
	Port     uint16 `json:"port"`
	Protocol string `json:"protocol"` // "" where nothing was recognised
}

// QuotedClaim is evidence as a host shows it.
type QuotedClaim struct {
	Fingerprint string   `json:"fingerprint"`
	Probe       string   `json:"probe"`
	Port        uint16   `json:"port"`
	Strength    Strength `json:"strength"`
	Quote       string   `json:"quote"`
}

// Asset is one device over time, on one address or several.
type Asset struct {
	Key       string     `json:"key"` // "mac:…", "serial:…" or "addr:…"
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
	Addresses []Sighting `json:"addresses"`
	Host      Host       `json:"host"` // as last seen
	Frequency
}

// Frequency is how often an asset answered of the times that it was looked for:
// by a sweep that covered it, or by a verification between sweeps.
type Frequency struct {
	AnsweredAt  time.Time `json:"answered_at,omitzero"` // zero: never
	MissedAt    time.Time `json:"missed_at,omitzero"`   // when it was looked for and did not answer; zero: never
	DaysSeen    int       `json:"days_seen_30"`         // days (UTC) of the last thirty on which it answered
	DaysChecked int       `json:"days_checked_30"`      // on which it was looked for
	Checks      int       `json:"checks_30"`
	Answered    int       `json:"answered_30"` // of the checks
}

// Sighting is an address at which an asset was seen, and when.
type Sighting struct {
	Address   netip.Addr `json:"address"`
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
}
