package main

import (
	"strconv"
	"strings"
)

// portsText writes ports with commas between.
func portsText(ports []uint16) string {
	texts := make([]string, len(ports))
	for i, port := range ports {
		texts[i] = strconv.Itoa(int(port))
	}
	return strings.Join(texts, ",")
}
