//go:build race

package bench

const inRace = true
