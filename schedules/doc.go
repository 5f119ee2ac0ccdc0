// Package schedules says when a sweep is to run: cron and time zone give its
// nights, windows and the hours of grants say when it may send, and a [Ticker]
// decides what a night becomes.
package schedules
