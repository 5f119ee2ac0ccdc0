package web

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"minesweep"
)

// Bounds on what one scrape tells; what is above them is left out, the oldest
// sweep first is what a Source gives first.
const (
	maxSweeps    = 64
	maxNodes     = 256
	maxSchedules = 256
	maxVerdicts  = 16
)

// metric is the description of one number and how it is to be read.
type metric struct {
	*prometheus.Desc
	kind prometheus.ValueType
}

func gaugeOf(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("minesweep_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counterOf(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("minesweep_"+name, help, labels, nil), prometheus.CounterValue}
}

// The numbers that are looked up at each scrape. Those of sweeps, nodes and
// schedules come from the store: every node tells the same.
var (
	descStoreUp = gaugeOf("store_up", "1 where the store answered this scrape.")

	descPlanned  = gaugeOf("sweep_probes", "Probes that an unfinished sweep is to settle.", "sweep", "kind")
	descSettled  = counterOf("sweep_probes_settled_total", "Probes settled: sent, and answered or waited for.", "sweep", "kind")
	descSent     = counterOf("sweep_packets_sent_total", "Probes sent, repeats too.", "sweep", "kind")
	descReceived = counterOf("sweep_answers_received_total", "Answers that proved themselves (SYN).", "sweep", "kind")
	descDropped  = counterOf("sweep_answers_dropped_total", "Answers that the kernel lost before they were read (SYN).", "sweep", "kind")
	descStates   = counterOf("sweep_probe_states_total", "What probes came to.", "sweep", "kind", "state")
	descFaults   = counterOf("sweep_probe_errors_total", "Probes that were not sent, by what the system said.", "sweep", "kind", "fault")
	descSlowed   = counterOf("sweep_slowed_total", "Times that a /24 was slowed because of what it answered.", "sweep", "kind")
	descPeak     = gaugeOf("sweep_peak_rate_packets_per_second", "Most packets of any one lane within 1 s.", "sweep", "kind")
	descPeak24   = gaugeOf("sweep_peak_per24_packets_per_second", "Most packets to one /24 within 1 s, of any one lane.", "sweep", "kind")
	descRate     = gaugeOf("sweep_rate_packets_per_second", "Packets a second between the last two readings of the store.", "sweep")
	descBudget   = gaugeOf("sweep_budget_packets_per_second", "The rate asked for; not there where only the grants bound it.", "sweep")
	descStarted  = gaugeOf("sweep_started_timestamp_seconds", "When the sweep began.", "sweep")
	descStatus   = gaugeOf("sweep_status", "Always 1; the label says how the sweep stands.", "sweep", "status")
	descLanes    = gaugeOf("sweep_lanes", "Lanes by state: ready, running, resting, done.", "sweep", "kind", "state")
	descOpen     = gaugeOf("sweep_open_ports", "Open ports found.", "sweep")
	descQueue    = gaugeOf("sweep_queue_ports", "Open ports that wait to be asked.", "sweep")
	descAsked    = gaugeOf("sweep_asked_ports", "Open ports that were asked, or held back.", "sweep")
	descDecoys   = gaugeOf("sweep_decoys_held_back", "Open ports that were not asked because they are decoys.", "sweep")
	descHosts    = gaugeOf("sweep_hosts", "Hosts by verdict.", "sweep", "verdict")

	descAlive     = gaugeOf("nodes", "Nodes that did not say goodbye, by whether they show signs of life.", "state")
	descHeartbeat = gaugeOf("node_heartbeat_timestamp_seconds", "The last sign of life of a node.", "node")
	descSkew      = gaugeOf("node_clock_skew_seconds", "How far the clock of a node is ahead of the database's.", "node")

	descNights  = counterOf("schedule_nights_total", "Nights of a schedule by what became of them.", "schedule", "outcome")
	descNext    = gaugeOf("schedule_next_night_timestamp_seconds", "When the next night begins; not there while it is paused.", "schedule")
	descSuccess = gaugeOf("schedule_last_success_timestamp_seconds", "When the last sweep of the schedule was finished.", "schedule")

	descAdmitted = counterOf("guard_admitted_total", "Connection attempts that this node's guard let out.")
	descRefused  = counterOf("guard_refused_total", "What this node's guard refused.")
	descStarved  = counterOf("guard_starved_total", "Attempts that this machine had no socket for.")
	descGuard24  = gaugeOf("guard_peak_per24_per_second", "Most connection attempts to one /24 within 1 s.")
	descAge      = gaugeOf("guard_scope_age_seconds", "How old the scope is that the guard judges by; above 10 it refuses all.")
	descOwnSkew  = gaugeOf("clock_skew_seconds", "How far this clock is ahead of the database's.")
	descLoopAge  = gaugeOf("loop_age_seconds", "Since a loop of this process turned last.", "loop")
	descTurns    = counterOf("loop_turns_total", "Turns of the loops of this process.", "loop")
)

func (r *reading) gauge(m metric, value float64, labels ...string) {
	for i := range labels {
		labels[i] = Escape(labels[i])
	}
	*r = append(*r, prometheus.MustNewConstMetric(m.Desc, m.kind, value, labels...))
}

// moment is a time as Prometheus counts it; an unknown one is left out.
func (r *reading) moment(m metric, t time.Time, labels ...string) {
	if !t.IsZero() {
		r.gauge(m, float64(t.UnixMicro())/1e6, labels...)
	}
}

func (r *reading) sweep(s Sweep, rate speed) {
	id := strconv.FormatInt(s.ID, 10)
	r.gauge(descStatus, 1, id, s.Status)
	r.moment(descStarted, s.Started, id)
	if s.Budget > 0 {
		r.gauge(descBudget, float64(s.Budget), id)
	}
	if rate.known {
		r.gauge(descRate, rate.rate, id)
	}
	for _, w := range s.Work {
		r.work(id, w)
	}
	for _, l := range s.Lanes {
		r.gauge(descLanes, float64(l.Lanes), id, l.Kind, l.State)
	}
	if s.Counts != nil {
		r.counts(id, *s.Counts)
	}
}

func (r *reading) counts(id string, c Counts) {
	r.gauge(descOpen, float64(c.Open), id)
	r.gauge(descAsked, float64(c.Asked), id)
	r.gauge(descQueue, float64(c.Open-c.Asked), id)
	r.gauge(descDecoys, float64(c.Sieved), id)
	for i, verdict := range slices.Sorted(maps.Keys(c.Hosts)) {
		if i < maxVerdicts {
			r.gauge(descHosts, float64(c.Hosts[verdict]), id, verdict)
		}
	}
}

func (r *reading) work(id string, w LaneWork) {
	for _, v := range []struct {
		metric
		value uint64
	}{
		{descPlanned, w.Total}, {descSettled, w.Cursor}, {descSent, w.Sent}, {descReceived, w.Received},
		{descDropped, w.Dropped}, {descSlowed, w.Slowed}, {descPeak, w.PeakRate}, {descPeak24, w.PeakPer24},
	} {
		r.gauge(v.metric, float64(v.value), id, w.Kind)
	}
	for _, v := range []struct {
		state string
		value uint64
	}{
		{"open", w.Open}, {"closed", w.Closed}, {"filtered", w.Filtered}, {"refused", w.Refused}, {"error", w.Errors},
	} {
		r.gauge(descStates, float64(v.value), id, w.Kind, v.state)
	}
	for fault, n := range w.Faults {
		r.gauge(descFaults, float64(n), id, w.Kind, minesweep.Fault(fault).String())
	}
}

func (r *reading) nodes(nodes []Node) {
	alive := 0
	for i, n := range nodes {
		if n.Alive {
			alive++
		}
		if i < maxNodes {
			r.moment(descHeartbeat, n.Heartbeat, n.Name)
			r.gauge(descSkew, n.Skew.Seconds(), n.Name)
		}
	}
	r.gauge(descAlive, float64(alive), "alive")
	r.gauge(descAlive, float64(len(nodes)-alive), "silent")
}

func (r *reading) schedule(s Schedule) {
	for _, outcome := range slices.Sorted(maps.Keys(s.Nights)) {
		r.gauge(descNights, float64(s.Nights[outcome]), s.Name, outcome)
	}
	r.moment(descNext, s.Next, s.Name)
	r.moment(descSuccess, s.Success, s.Name)
}

func (r *reading) local(s *Sight) {
	if s.cfg.Local != nil {
		l := s.cfg.Local()
		r.gauge(descAdmitted, float64(l.Admitted))
		r.gauge(descRefused, float64(l.Refused))
		r.gauge(descStarved, float64(l.Starved))
		r.gauge(descGuard24, float64(l.MaxPer24))
		r.gauge(descAge, l.ScopeAge.Seconds())
		r.gauge(descOwnSkew, l.Skew.Seconds())
	}
	now := s.cfg.Now()
	s.loops.mu.Lock()
	defer s.loops.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.loops.all)) {
		l := s.loops.all[name]
		r.gauge(descLoopAge, now.Sub(l.turned).Seconds(), name)
		r.gauge(descTurns, float64(l.turns), name)
	}
}
