package lab

import "time"

// sameAnswer is all that a SameBytes host ever says.
const sameAnswer = "{\"result\":true,\"error\":null,\"id\":1}\n"

// behave plays a behaviour that needs no recording.
func (t *session) behave() {
	switch t.behaviour {
	case Echo:
		t.echo()
	case Tarpit:
		t.trickle([]byte("{\"jsonrpc\":\"2.0\", \"wait\":\""))
	case EndlessBanner:
		t.noise()
	case SameBytes:
		if _, ok := readRequest(t.in); ok {
			t.send(answer{raw: []byte(sameAnswer), then: hangUp})
		}
	case Mute:
		t.drain()
	case Reset:
		t.reset()
	case Recorded:
	}
}

func (t *session) echo() {
	buf := make([]byte, 4096)
	for sent := 0; sent < maxRequest; {
		n, err := t.in.Read(buf)
		if n > 0 {
			if _, err := t.conn.Write(buf[:n]); err != nil {
				return
			}
			sent += n
		}
		if err != nil {
			return
		}
	}
}

// trickle sends the bytes one by one, and then dots.
func (t *session) trickle(raw []byte) {
	tick := time.NewTicker(dripEvery)
	defer tick.Stop()
	for i := 0; ; i++ {
		b := []byte{'.'}
		if i < len(raw) {
			b[0] = raw[i]
		}
		if _, err := t.conn.Write(b); err != nil {
			return
		}
		select {
		case <-t.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// noise sends a line every while that never becomes an SSH version.
func (t *session) noise() {
	tick := time.NewTicker(dripEvery)
	defer tick.Stop()
	const letters = "k3Zq)x0b#Vn7/Tf:2wLr"
	for i := 0; ; i++ {
		at := i % len(letters)
		if _, err := t.conn.Write([]byte(letters[at:] + letters[:at] + "\r\n")); err != nil {
			return
		}
		select {
		case <-t.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// reset makes the close a RST: zero linger (SO_LINGER).
func (t *session) reset() {
	if c, ok := t.conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(0)
	}
	_ = t.conn.Close()
}
