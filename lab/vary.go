package lab

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"minesweep/recordings"
)

// vary returns the n-th specimen of a device: another MAC, serial, hostname
// and worker, and a hashrate that differs by up to 3 per cent where it can be
// told which numbers of the recording are the hashrate. Want follows. The
// zeroth specimen is the recording itself.
func vary(d recordings.Device, n int) recordings.Device {
	if n == 0 || d.Want == nil {
		return d
	}
	want := *d.Want
	v := &varied{n: n, sections: append([]recordings.Section(nil), d.Sections...)}
	v.macs(&want)
	v.identifier(&want.Serial, lastDigits)
	v.identifier(&want.Hostname, suffixed)
	v.identifier(&want.Worker, suffixed)
	v.hashrate(&want)
	d.Sections, d.Want, d.Replies = v.sections, &want, nil
	return d
}

type varied struct {
	n        int
	sections []recordings.Section
}

// each rewrites every text and reports whether one changed.
func (v *varied) each(rewrite func(string) string) bool {
	changed := false
	for i := range v.sections {
		text := rewrite(v.sections[i].Text)
		changed = changed || text != v.sections[i].Text
		v.sections[i].Text = text
	}
	return changed
}

var (
	anyMAC    = regexp.MustCompile(`(?i)\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b`)
	anyNumber = regexp.MustCompile(`\b\d+(?:\.\d+)?\b`)
	digitRun  = regexp.MustCompile(`\d+`)
)

// macs moves the last two octets of every MAC by n, in the writing found.
func (v *varied) macs(want *recordings.Want) {
	v.each(func(s string) string { return anyMAC.ReplaceAllStringFunc(s, v.mac) })
	bare := strings.ReplaceAll(want.MAC, ":", "")
	if want.MAC == "" {
		return
	}
	want.MAC = v.mac(want.MAC)
	other := strings.ReplaceAll(want.MAC, ":", "")
	v.each(func(s string) string {
		s = strings.ReplaceAll(s, bare, other)
		return strings.ReplaceAll(s, strings.ToUpper(bare), strings.ToUpper(other))
	})
}

func (v *varied) mac(mac string) string {
	if strings.Trim(mac, "0:-") == "" || strings.Trim(mac, "fF:-") == "" {
		return mac
	}
	high, _ := strconv.ParseUint(mac[12:14], 16, 8)
	low, _ := strconv.ParseUint(mac[15:17], 16, 8)
	sum := (high<<8 | low) + uint64(v.n)*7
	octet := "%02X"
	if strings.ToLower(mac) == mac {
		octet = "%02x"
	}
	return mac[:12] + fmt.Sprintf(octet, byte(sum>>8)) + mac[14:15] + fmt.Sprintf(octet, byte(sum))
}

// leastDistinct is the length below which a value may stand in a recording
// by chance.
const leastDistinct = 4

// identifier replaces a value wherever it stands, plain or escaped for JSON;
// a value that the recording does not hold in either form stays.
func (v *varied) identifier(value *string, change func(string, int) string) {
	old := *value
	if len(old) < leastDistinct {
		return
	}
	changed := change(old, v.n)
	escape := func(s string) string { return strings.ReplaceAll(s, "/", `\/`) }
	if v.each(func(s string) string {
		s = strings.ReplaceAll(s, old, changed)
		if escape(old) != old {
			s = strings.ReplaceAll(s, escape(old), escape(changed))
		}
		return s
	}) {
		*value = changed
	}
}

func suffixed(s string, n int) string { return s + "x" + strconv.Itoa(n) }

// lastDigits counts the last run of digits up by n and keeps its length.
func lastDigits(s string, n int) string {
	runs := digitRun.FindAllStringIndex(s, -1)
	if len(runs) == 0 {
		return suffixed(s, n)
	}
	at := runs[len(runs)-1]
	at[0] = max(at[0], at[1]-9)
	count, _ := strconv.Atoi(s[at[0]:at[1]])
	width := at[1] - at[0]
	next := (count + n) % int(math.Pow10(width))
	if width < 3 {
		return suffixed(s, n)
	}
	return s[:at[0]] + fmt.Sprintf("%0*d", width, next) + s[at[1]:]
}

// hashrate scales the numbers whose digits are those of the wanted hashrate,
// whatever their unit. Fewer than four digits could be anything; then, or
// where none is found, the hashrate stays.
func (v *varied) hashrate(want *recordings.Want) {
	if want.Hashrate == nil || *want.Hashrate <= 0 {
		return
	}
	mantissa := digitsOf(strconv.FormatFloat(*want.Hashrate, 'f', -1, 64))
	if len(mantissa) < 4 {
		return
	}
	factor := 1 + float64((v.n*5)%7-3)/100
	var scaled float64
	if !v.each(func(s string) string {
		return anyNumber.ReplaceAllStringFunc(s, func(old string) string {
			number, err := strconv.ParseFloat(old, 64)
			if err != nil || digitsOf(old) != mantissa {
				return old
			}
			_, decimals, _ := strings.Cut(old, ".")
			changed := strconv.FormatFloat(number*factor, 'f', len(decimals), 64)
			if scaled == 0 {
				exact, _ := strconv.ParseFloat(changed, 64)
				scaled = *want.Hashrate * exact / number
			}
			return changed
		})
	}) {
		return
	}
	want.Hashrate = &scaled
}

// digitsOf leaves the significant digits of a decimal number.
func digitsOf(number string) string {
	s := strings.ReplaceAll(number, ".", "")
	return strings.Trim(s, "0")
}
