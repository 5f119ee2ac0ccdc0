package fingerprints

import "minesweep"

// Fingerprint is one product family: rules that say who a device is and reads
// that say how much it does.
type Fingerprint struct {
	ID          string            `yaml:"id"` // also the name of its file
	About       string            `yaml:"about"`
	Confusables string            `yaml:"confusables"`
	Claims      map[string]string `yaml:"claims"` // what every rule of the file claims
	Rules       []Rule            `yaml:"rules"`
	Reads       []Read            `yaml:"reads"`

	file string
	line int // of the id
}

// Rule is one way to recognise the family: conditions that hold together on
// one reply.
type Rule struct {
	Probe    Probes             `yaml:"probe"`
	When     []Condition        `yaml:"when"`
	Strength minesweep.Strength `yaml:"strength"`
	Weight   int                `yaml:"weight"` // 1 to 100
	Claims   map[string]string  `yaml:"claims"` // ${group} stands for what a group of the conditions matched

	line int
}

// Condition asks one thing of one reply. Exactly one of JSON and Part is
// given, and at most one of Match, Not and Absent; with none of them the thing
// must exist.
type Condition struct {
	JSON   *Pointer `yaml:"json"`
	Part   string   `yaml:"part"` // one of the names in partNames
	Match  *Regexp  `yaml:"match"`
	Not    *Regexp  `yaml:"not"`
	Absent bool     `yaml:"absent"`

	name  part  // Part, as a number
	place int32 // of JSON among the pointers of the index
	line  int
}

// Read takes one claim out of the replies of a host on which a confirming rule
// of the same file fired.
type Read struct {
	Claim    string      `yaml:"claim"`
	Probe    Probes      `yaml:"probe"` // in order of trust
	When     []Condition `yaml:"when"`
	JSON     *Pointer    `yaml:"json"`
	Part     string      `yaml:"part"`
	Match    *Regexp     `yaml:"match"`  // its group "value" is the value, its group "unit" the unit
	Value    string      `yaml:"value"`  // a constant, in place of json or part
	Format   string      `yaml:"format"` // holds ${value}; for claims that are text
	Unit     string      `yaml:"unit"`
	UnitJSON *Pointer    `yaml:"unit_json"`
	Sum      bool        `yaml:"sum"`
	Min      *float64    `yaml:"min"`   // the number as written must be at least this
	Max      *float64    `yaml:"max"`   // and below this
	Model    *Regexp     `yaml:"model"` // only where the model matches

	name   part    // Part, as a number
	format []piece // Format, cut up
	scale  float64 // of Unit
	base   string
}

// claimNames are the claims that YAML may make; numbers only by a read.
var claimNames = map[string]claimKind{
	"class": textClaim, "vendor": textClaim, "model": textClaim, "firmware": textClaim,
	"algorithm": textClaim, "coin": textClaim, "pool": textClaim, "worker": textClaim,
	"mac": textClaim, "serial": textClaim, "hostname": textClaim, "state": textClaim,
	"locked": textClaim, "hashrate": numberClaim, "power_w": numberClaim, "uptime_s": numberClaim,
}

type claimKind int

const (
	textClaim claimKind = iota + 1
	numberClaim
)
