package client

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// Key is an account's key of the trading API. Requests are signed with HMAC-SHA256.
type Key struct {
	ID     string `json:"key"`
	Secret string `json:"secret"`
}

// Param is a parameter of a request. Names and values must need no escape in a URL
// or in JSON: symbols, ids, decimals and words do not.
type Param struct{ Name, Value string }

// Params are the parameters of a request.
type Params []Param

// Int returns a parameter that is a number.
func Int(name string, v int64) Param { return Param{name, strconv.FormatInt(v, 10)} }

// appendSorted appends the parameters as name=value&…, sorted by name. So the same
// bytes are a query and what a websocket request signs.
func (p Params) appendSorted(dst []byte) []byte {
	slices.SortFunc(p, func(a, b Param) int { return cmp.Compare(a.Name, b.Name) })
	for i := range p {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p[i].Name...), '='), p[i].Value...)
	}
	return dst
}

// sign returns the signature of a payload in hex.
func (k *Key) sign(payload []byte) string {
	mac := hmac.New(sha256.New, []byte(k.Secret))
	_, _ = mac.Write(payload) // it never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// stamps gives the times of requests in microseconds. No two are the same, so no
// two requests are: the same bytes a second time would be refused as a replay.
type stamps struct{ last atomic.Int64 }

func (s *stamps) next() int64 {
	for {
		now, last := time.Now().UnixMicro(), s.last.Load()
		now = max(now, last+1)
		if s.last.CompareAndSwap(last, now) {
			return now
		}
	}
}
