package marketview_test

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/marketview"
)

func TestIntervalAround(t *testing.T) {
	for _, c := range []struct {
		interval   marketview.Interval
		shift      int
		at         string
		start, end string
	}{
		{marketview.Interval1m, 0, "2024-02-29 10:07:31", "2024-02-29 10:07:00", "2024-02-29 10:08:00"},
		{marketview.Interval1d, 480, "2024-02-29 17:00:00", "2024-02-29 16:00:00", "2024-03-01 16:00:00"},
		{marketview.Interval1w, 0, "2024-02-29 10:00:00", "2024-02-26 00:00:00", "2024-03-04 00:00:00"},
		{marketview.Interval1Month, 480, "2024-02-29 17:00:00", "2024-02-29 16:00:00", "2024-03-31 16:00:00"},
	} {
		start, end := c.interval.Around(moment(t, c.at), c.shift)
		if start != moment(t, c.start) || end != moment(t, c.end) {
			t.Errorf("%v around %s: %d to %d, want %s to %s", c.interval, c.at, start, end, c.start, c.end)
		}
	}
}
