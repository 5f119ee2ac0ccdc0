//go:build !race

package bench

const inRace = false
