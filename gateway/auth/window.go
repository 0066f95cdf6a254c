package auth

import "errors"

// The window of time in which a signed request is taken.
const (
	DefaultWindow = 5_000_000  // microseconds
	MaxWindow     = 60_000_000 // microseconds
	// Ahead is by how much less than this a request may be ahead of the clock.
	Ahead = 1_000_000 // microseconds
)

// microFrom is the number from which on a timestamp counts microseconds: as
// milliseconds it would be the year 5138, as microseconds it is 1973.
const microFrom = 1e14

// The ways in which the time of a request can be refused.
var (
	ErrStampForm   = errors.New("auth: a timestamp is digits")
	ErrWindowForm  = errors.New("auth: a window is digits, with up to three decimals")
	ErrWindowRange = errors.New("auth: a window is at most 60000")
	ErrLate        = errors.New("auth: the timestamp is outside of the window")
	ErrEarly       = errors.New("auth: the timestamp is ahead of the server's time")
)

// Window is when a request is taken, in microseconds since the epoch: not later
// than Length after its Stamp.
type Window struct {
	Stamp  int64
	Length int64
}

// ParseWindow reads timestamp and recvWindow as they were sent. An empty window is
// the default one.
func ParseWindow(timestamp, recvWindow []byte) (Window, error) {
	w := Window{Length: DefaultWindow}
	stamp, ok := digits(timestamp)
	if !ok {
		return w, ErrStampForm
	}
	if stamp < microFrom {
		stamp *= 1000
	}
	w.Stamp = stamp
	if len(recvWindow) == 0 {
		return w, nil
	}
	whole, decimals := recvWindow, []byte(nil)
	for i, c := range recvWindow {
		if c == '.' {
			whole, decimals = recvWindow[:i], recvWindow[i+1:]
			if len(decimals) == 0 || len(decimals) > 3 {
				return w, ErrWindowForm
			}
			break
		}
	}
	ms, ok := digits(whole)
	if !ok {
		return w, ErrWindowForm
	}
	part := int64(0)
	for i := range 3 {
		part *= 10
		if i < len(decimals) {
			if decimals[i] < '0' || decimals[i] > '9' {
				return w, ErrWindowForm
			}
			part += int64(decimals[i] - '0')
		}
	}
	if ms > MaxWindow/1000 || ms*1000+part > MaxWindow {
		return w, ErrWindowRange
	}
	w.Length = ms*1000 + part
	return w, nil
}

// digits reads a number; one beyond any time stays at that.
func digits(text []byte) (n int64, ok bool) {
	const largest = 1e17 // ten times that fits an int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), largest)
	}
	return n, len(text) > 0
}

// check holds w against the clock, in microseconds.
func (w Window) check(now int64) error {
	switch {
	case w.Stamp >= now+Ahead:
		return ErrEarly
	case now-w.Stamp > w.Length:
		return ErrLate
	default:
		return nil
	}
}
