//go:build !386

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// blockLoad makes accounts at an exchange, several at a time, until the exchange is
// no more. Each is one command, which is acknowledged with its sequence.
type blockLoad struct {
	clients sync.WaitGroup
	quit    chan struct{}

	count atomic.Int64
	mu    sync.Mutex
	acks  []blockAnswer
}

// blockAnswer is an acknowledgement as a client heard it.
type blockAnswer struct {
	seq uint64
	at  time.Time
}

// newBlockLoad begins a load, which ends with the exchange or the test.
func newBlockLoad(t *testing.T, s *served, clients int) *blockLoad {
	t.Helper()
	l := &blockLoad{quit: make(chan struct{})}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	client := &http.Client{Transport: transport, Timeout: processTimeout}
	for range clients {
		l.clients.Go(func() {
			for l.one(client, s) {
			}
		})
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		l.stop()
	})
	return l
}

// one makes an account, and reports whether to go on.
func (l *blockLoad) one(client *http.Client, s *served) bool {
	select {
	case <-l.quit:
		return false
	default:
	}
	r, err := http.NewRequest(http.MethodPost, s.url+"/x/v1/accounts", strings.NewReader("{}"))
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	a, err := client.Do(r)
	if err != nil {
		return false
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusCreated {
		return err == nil && a.StatusCode == http.StatusServiceUnavailable
	}
	var v struct {
		Seq uint64 `json:"seq"`
	}
	if json.Unmarshal(b, &v) != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = append(l.acks, blockAnswer{v.Seq, time.Now()})
	l.count.Add(1)
	return true
}

// stop ends the load and returns what was acknowledged.
func (l *blockLoad) stop() []blockAnswer {
	select {
	case <-l.quit:
	default:
		close(l.quit)
	}
	l.clients.Wait()
	return l.acks
}
