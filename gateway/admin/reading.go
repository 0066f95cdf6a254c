package admin

import (
	"github.com/prometheus/client_golang/prometheus"
)

// reader collects what a Reading says.
type reader struct {
	read  func() Reading
	plain []plainMetric
	lag   *prometheus.Desc
}

// plainMetric is one number of a Reading. Value returns false when there is none.
type plainMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(r *Reading) (float64, bool)
}

func newReader(read func() Reading) *reader {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	c := &reader{read: read, lag: describe("view_lag_commands", "Durable commands that a view does not show yet.", "view")}
	for _, x := range []struct {
		name, help string
		kind       prometheus.ValueType
		value      func(r *Reading) float64
	}{
		{"ring_commands", "Commands that wait to be executed.", gauge, func(r *Reading) float64 { return float64(r.Waiting) }},
		{"durable_sequence", "Sequence of the last durable command.", gauge, func(r *Reading) float64 { return float64(r.Durable) }},
		{"journal_bytes", "Bytes of the journal.", gauge, func(r *Reading) float64 { return float64(r.JournalBytes) }},
		{"keys", "API keys.", gauge, func(r *Reading) float64 { return float64(r.Keys) }},
		{"connections", "Open sockets, websockets included.", gauge, func(r *Reading) float64 { return float64(r.Edge.Connections) }},
		{"websockets", "Open websockets.", gauge, func(r *Reading) float64 { return float64(r.Edge.Websockets) }},
		{"connections_accepted_total", "Sockets accepted.", counter, func(r *Reading) float64 { return float64(r.Edge.Accepted) }},
		{"connections_refused_total", "Sockets and upgrades beyond a limit.", counter, func(r *Reading) float64 { return float64(r.Edge.Refused) }},
		{"http_requests_total", "Requests of HTTP, upgrades included.", counter, func(r *Reading) float64 { return float64(r.Edge.Requests) }},
		{"http_bad_requests_total", "Requests that could not be read.", counter, func(r *Reading) float64 { return float64(r.Edge.BadRequests) }},
		{"websocket_upgrades_total", "Websockets opened.", counter, func(r *Reading) float64 { return float64(r.Edge.Upgrades) }},
		{"websocket_messages_in_total", "Messages from websockets, control frames included.", counter, func(r *Reading) float64 { return float64(r.Edge.MessagesIn) }},
		{"websocket_messages_out_total", "Messages to websockets.", counter, func(r *Reading) float64 { return float64(r.Edge.MessagesOut) }},
		{"websocket_writes_total", "Writes to websockets, each with all that waited.", counter, func(r *Reading) float64 { return float64(r.Edge.WritesOut) }},
		{"network_in_bytes_total", "Bytes from all sockets.", counter, func(r *Reading) float64 { return float64(r.Edge.BytesIn) }},
		{"network_out_bytes_total", "Bytes to all sockets.", counter, func(r *Reading) float64 { return float64(r.Edge.BytesOut) }},
		{"slow_consumer_closes_total", "Websockets closed because they did not take what was sent.", counter, func(r *Reading) float64 { return float64(r.Edge.SlowCloses) }},
		{"silent_closes_total", "Websockets closed because no pong came.", counter, func(r *Reading) float64 { return float64(r.Edge.SilentCloses) }},
		{"flood_closes_total", "Websockets closed because they sent too much.", counter, func(r *Reading) float64 { return float64(r.Edge.FloodCloses) }},
		{"stream_subscriptions", "Streams that websockets follow.", gauge, func(r *Reading) float64 { return float64(r.Streams.Subscriptions) }},
		{"streams", "Different streams that are followed.", gauge, func(r *Reading) float64 { return float64(r.Streams.Streams) }},
		{"stream_messages_total", "Messages encoded for streams, each once for all who get it.", counter, func(r *Reading) float64 { return float64(r.Streams.Messages) }},
		{"stream_missed_total", "Times that a websocket was behind and got the latest later.", counter, func(r *Reading) float64 { return float64(r.Streams.Missed) }},
		{"limited_calls_total", "Calls refused because their address was over a limit or banned.", counter, func(r *Reading) float64 { return float64(r.Limits.Refused) }},
		{"bans_total", "Bans of addresses that went on after they were refused.", counter, func(r *Reading) float64 { return float64(r.Limits.Bans) }},
		{"banned_addresses", "Addresses that are banned.", gauge, func(r *Reading) float64 { return float64(r.Limits.Banned) }},
		{"large_answer_bytes", "Bytes of large answers that are made or wait to be sent.", gauge, func(r *Reading) float64 { return float64(r.Edge.AnswerBytes) }},
		{"large_answers_refused_total", "Large answers for which there was no room.", counter, func(r *Reading) float64 { return float64(r.Edge.NoRoom) }},
		{"panics_total", "Panics of handlers and sessions that were contained.", counter, func(r *Reading) float64 { return float64(r.Edge.Panics) }},
	} {
		c.plain = append(c.plain, plainMetric{describe(x.name, x.help), x.kind, func(r *Reading) (float64, bool) { return x.value(r), true }})
	}
	c.plain = append(
		c.plain,
		plainMetric{describe("snapshot_age_seconds", "Time since the newest snapshot was taken."), gauge, func(r *Reading) (float64, bool) {
			return r.SnapshotAge.Seconds(), r.Snapshots
		}},
		plainMetric{describe("snapshot_age_commands", "Durable commands since the newest snapshot, all when there is none."), gauge, func(r *Reading) (float64, bool) {
			return float64(r.Durable - min(r.Durable, r.Snapshot)), true
		}},
	)
	for _, x := range []struct {
		name, help string
		value      func(s *StorageReading) (float64, bool)
	}{
		{"storage_free_bytes", "Bytes free on the disk beside the reserve.", func(s *StorageReading) (float64, bool) { return float64(s.Free), true }},
		{"storage_free_files", "Files that can still be made on the disk.", func(s *StorageReading) (float64, bool) { return float64(s.Files), s.Files >= 0 }},
		{"storage_reserve_bytes", "Bytes of the disk that are held in reserve.", func(s *StorageReading) (float64, bool) { return float64(s.Ballast), true }},
		{"storage_low", "1 when there is so little room that orders are refused.", func(s *StorageReading) (float64, bool) { return oneIf(s.Low), true }},
		{"storage_full", "1 when there is so little room that nothing is taken.", func(s *StorageReading) (float64, bool) { return oneIf(s.Full), true }},
	} {
		c.plain = append(c.plain, plainMetric{describe(x.name, x.help), gauge, func(r *Reading) (float64, bool) {
			v, ok := x.value(&r.Storage)
			return v, ok && r.Storage.Looked
		}})
	}
	return c
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe tells which metrics there are.
func (c *reader) Describe(to chan<- *prometheus.Desc) {
	to <- c.lag
	for i := range c.plain {
		to <- c.plain[i].desc
	}
}

// Collect takes a reading and tells it.
func (c *reader) Collect(to chan<- prometheus.Metric) {
	r := c.read()
	for i := range c.plain {
		m := &c.plain[i]
		if v, ok := m.value(&r); ok {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, v)
		}
	}
	for _, v := range r.Views {
		lag := r.Durable - min(r.Durable, v.Seq)
		to <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, float64(lag), v.Name)
	}
}
