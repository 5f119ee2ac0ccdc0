package schedules

import "time"

// alarm is a timer that may not be set.
type alarm struct{ timer *time.Timer }

func newAlarm() *alarm { return &alarm{} }

// set makes it ring in d, and no more at the time set before.
func (a *alarm) set(d time.Duration) {
	if a.timer == nil {
		a.timer = time.NewTimer(d)
		return
	}
	a.timer.Reset(d)
}

func (a *alarm) isSet() bool { return a.timer != nil }

func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
