package minesweep

import "strings"

// AssetKey returns what the host is recognised by from sweep to sweep: its MAC
// ("mac:…"), else its serial number together with its vendor ("serial:…"),
// else its address ("addr:…"). Hashed MACs and serials serve as well as plain
// ones. Placeholders that many devices share, such as an all-zero MAC, do not
// count.
func (h Host) AssetKey() string {
	switch {
	case tellsApart(h.MAC):
		return "mac:" + strings.ToLower(h.MAC)
	case tellsApart(h.Serial):
		return "serial:" + strings.ToLower(h.Vendor) + ":" + h.Serial
	}
	return "addr:" + h.Address.String()
}

// tellsApart reports whether an identifier can belong to one device only.
func tellsApart(id string) bool {
	if len(id) < 4 || strings.Trim(id, "0:-") == "" || strings.Trim(id, "fF:-") == "" {
		return false
	}
	switch strings.ToLower(id) {
	case "none", "null", "unknown", "undefined", "to be filled by o.e.m.":
		return false
	}
	return true
}
