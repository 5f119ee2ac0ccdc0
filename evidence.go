package minesweep

// Strength says how much one piece of evidence is worth.
type Strength string

// The strengths. Only Confirm makes a host confirmed: it is protocol evidence
// that nothing but mining software gives.
const (
	Confirm Strength = "confirm"
	Suspect Strength = "suspect"
	Refute  Strength = "refute" // speaks against mining, such as eth_mining false
	Decoy   Strength = "decoy"  // a tarpit, an echo, a host that answers on everything
	Note    Strength = "note"   // the judge's own remark, such as that a reply was too long to judge; no rule may use it
)

// Evidence is one claim of one fingerprint with the bytes it rests on.
type Evidence struct {
	Fingerprint string
	Probe       string
	Port        uint16
	Strength    Strength
	Weight      int // 1 to 100; among equals in strength the heaviest names the device
	Quote       string
	Claims      Claims
}

// Class is the kind of a device or program.
type Class string

// The classes.
const (
	ASIC           Class = "asic"
	GPUMiner       Class = "gpu-miner"
	CPUMiner       Class = "cpu-miner"
	HomeMiner      Class = "home-miner"
	Pool           Class = "pool"
	Proxy          Class = "proxy"
	Node           Class = "node"
	FarmController Class = "farm-controller"
)

// Claims is what a piece of evidence says of a device. Empty means not said;
// numbers that may truly be zero are pointers.
type Claims struct {
	Class     Class
	Vendor    string
	Model     string
	Firmware  string
	Algorithm string
	Coin      string
	Hashrate  *float64 // in HashrateUnit
	// HashrateUnit is "H/s", "Sol/s" or "g/s": the algorithm's own count of
	// tries a second, prefixes such as T already multiplied out.
	HashrateUnit string
	PowerW       *float64 // watts at the wall, as the device says
	Pool         string
	Worker       string
	MAC          string // lower case, colons
	Serial       string
	Hostname     string
	UptimeS      *int64
	State        string // "mining", "idle", "sleeping", "tuning"; "" not said
	Locked       bool   // it answered, but what it knows is behind a login
}
