package gateway

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Who sends bad requests could otherwise fill the log: a line for each.
const (
	logsPerSecond = 5
	logBurst      = 20
)

// quietLog writes a bounded number of lines, and says how many it left out.
type quietLog struct {
	log     *slog.Logger
	clock   func() time.Time
	limiter *rate.Limiter
	dropped atomic.Uint64
}

func newQuietLog(log *slog.Logger, clock func() time.Time) *quietLog {
	return &quietLog{log: log, clock: clock, limiter: rate.NewLimiter(logsPerSecond, logBurst)}
}

// warn logs unless there was too much lately.
func (q *quietLog) warn(text string, args ...any) {
	if !q.limiter.AllowN(q.clock(), 1) {
		q.dropped.Add(1)
		return
	}
	if n := q.dropped.Swap(0); n > 0 {
		args = append(args, "left_out", n)
	}
	q.log.Warn(text, args...)
}

// Printf takes what the HTTP server wants to be known, without what it quotes of
// requests that it could not read: there are keys, tokens and signatures in these.
func (q *quietLog) Printf(format string, args ...any) {
	q.warn("http server", "detail", string(appendUnquoted(nil, fmt.Sprintf(format, args...))))
}

// appendUnquoted appends text in which each quotation that is no address is left
// out.
func appendUnquoted(dst []byte, text string) []byte {
	for {
		before, _, found := strings.Cut(text, `"`)
		dst = append(dst, before...)
		if !found {
			return dst
		}
		text = text[len(before):]
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil { // it never ends
			return append(dst, `"…`...)
		}
		text = text[len(quoted):]
		if _, err := netip.ParseAddrPort(quoted[1 : len(quoted)-1]); err != nil {
			quoted = `"…"`
		}
		dst = append(dst, quoted...)
	}
}
