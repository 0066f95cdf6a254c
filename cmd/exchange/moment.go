package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// moment is the value of --to, --from and --at: a sequence, or a time. What ends there
// ends with the last command at or before the time; what begins there begins with the
// first one at or after it.
type moment struct {
	text   string // as given; empty = the end
	byTime bool
	seq    msg.Seq
	nanos  int64
}

func (m *moment) Type() string   { return "MOMENT" }
func (m *moment) String() string { return m.text }

var (
	errMoment = errors.New("it is a sequence, @NANOSECONDS, or a time such as 2026-01-31T09:30:00Z")
	errReach  = errors.New("times are nanoseconds in 64 bits, which reach from 1677 to 2262")
	errSeq    = errors.New("sequences have 64 bits")
)

func (m *moment) Set(s string) error {
	if digits, ok := strings.CutPrefix(s, "@"); ok {
		nanos, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			if errors.Is(err, strconv.ErrRange) {
				return errReach
			}
			return errMoment
		}
		*m = moment{text: s, byTime: true, nanos: nanos}
		return nil
	}
	seq, err := strconv.ParseUint(s, 10, 64)
	if err == nil {
		*m = moment{text: s, seq: msg.Seq(seq)}
		return nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return errSeq
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return errMoment
	}
	if nanos := t.UnixNano(); time.Unix(0, nanos).Equal(t) { // else it does not fit
		*m = moment{text: s, byTime: true, nanos: nanos}
		return nil
	}
	return errReach
}

// within makes m the end of the journal if none was given, and returns an error
// if it is beyond that.
func (m *moment) within(end *extent) error {
	if m.text == "" {
		m.seq = end.seq
		return nil
	}
	if m.byTime && m.nanos > end.time || !m.byTime && m.seq > end.seq {
		if end.seq == 0 {
			return fmt.Errorf("%s is beyond the end of the journal, which holds no command", m.text)
		}
		return fmt.Errorf("%s is beyond the end of the journal, command %d at @%d (%s)", m.text, end.seq, end.time, clock(end.time))
	}
	return nil
}

// after reports whether m, of which something begins, is behind end, where it ends. Of a
// sequence and a time that cannot be said.
func (m *moment) after(end *moment) bool {
	if m.text == "" || end.text == "" || m.byTime != end.byTime {
		return false
	}
	return m.byTime && m.nanos > end.nanos || m.seq > end.seq
}

// reached reports whether the state after a command is that of the moment,
// whatever follows it.
func (m *moment) reached(seq msg.Seq) bool { return !m.byTime && seq >= m.seq }

// past returns the options that open the past at the newest snapshot at or
// before the moment.
func (m *moment) past(dir string) (pipeline.PastOptions, error) {
	o := pipeline.PastOptions{Dir: dir, To: m.seq}
	if m.byTime {
		var err error
		if o.To, err = snapshotAt(dir, m.nanos); err != nil {
			return o, err
		}
	}
	o.Genesis = o.To == 0
	return o, nil
}

// snapshotAt returns the sequence of the newest snapshot that is not after a
// time, or 0. One that cannot be read is passed over here and warned of later.
func snapshotAt(dir string, nanos int64) (msg.Seq, error) {
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	if err != nil {
		return 0, err //nolint:wrapcheck // it says what it did
	}
	for _, info := range infos {
		if m, err := snapshot.ReadMeta(vfs.OS(), info.Path); err == nil && m.Time <= nanos {
			return msg.Seq(m.Seq), nil
		}
	}
	return 0, nil
}
