// Package web is what a running process tells the outside: metrics, health and
// readiness over HTTP, structured logs, and traces.
//
// A [Sight] holds all of it. What a process does by itself is told to it by the
// decorators of [Sight.Around] and by [Sight.Stint]; what all nodes share is read
// from a [Source] when somebody asks. Nothing here is global, and nothing that a
// device said is exported but in logs, escaped.
package web
