//go:build !amd64

package core

import "time"

// ticks reads the system's clock, in nanoseconds.
func ticks() int64 { return time.Now().UnixNano() }
