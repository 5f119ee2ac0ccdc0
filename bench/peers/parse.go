package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// parseMinesweep reads the CSV of scan --no-questions.
func parseMinesweep(r io.Reader) ([]netip.AddrPort, error) {
	c := csv.NewReader(r)
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("minesweep: no header")
	}
	if err != nil {
		return nil, err
	}
	address, port := slices.Index(header, "address"), slices.Index(header, "port")
	if address < 0 || port < 0 {
		return nil, fmt.Errorf("minesweep: columns are %s; want address and port", strings.Join(header, ","))
	}
	var out []netip.AddrPort
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		target, err := join(row[address], row[port])
		if err != nil {
			return nil, err
		}
		out = append(out, target)
	}
}

// parseMasscan reads masscan's -oL: "open tcp 80 192.0.2.7 1700000000".
func parseMasscan(r io.Reader) ([]netip.AddrPort, error) {
	return eachLine(r, func(line string) (target netip.AddrPort, ok bool, err error) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(f) > 0 && f[0] != "open" {
			return target, false, nil
		}
		if len(f) < 4 {
			return target, false, errors.New("want: open tcp PORT ADDRESS TIME")
		}
		target, err = join(f[3], f[2])
		return target, err == nil, err
	})
}

// parseZmap reads the addresses that zmap prints, all of one port.
func parseZmap(port uint16) func(io.Reader) ([]netip.AddrPort, error) {
	return func(r io.Reader) ([]netip.AddrPort, error) {
		return eachLine(r, func(line string) (target netip.AddrPort, ok bool, err error) {
			if line == "saddr" {
				return target, false, nil
			}
			addr, err := netip.ParseAddr(line)
			return netip.AddrPortFrom(addr, port), err == nil, err
		})
	}
}

// parseNaabu reads ADDRESS:PORT lines.
func parseNaabu(r io.Reader) ([]netip.AddrPort, error) {
	return eachLine(r, func(line string) (target netip.AddrPort, ok bool, err error) {
		target, err = netip.ParseAddrPort(line)
		return target, err == nil, err
	})
}

func eachLine(r io.Reader, parse func(string) (netip.AddrPort, bool, error)) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			continue
		}
		target, ok, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", n, line, err)
		}
		if ok {
			out = append(out, target)
		}
	}
	return out, s.Err()
}

func join(address, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}
