// Package fingerprints says what replies prove. A fingerprint is a YAML file,
// one a product family, whose language ARCHITECTURE.md describes; a recording
// in testdata shows each. Judging is pure: replies in, evidence out, no clock,
// no file, no network.
package fingerprints
