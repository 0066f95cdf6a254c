package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/websocket"
)

// Stream is a connection to market streams. One goroutine reads it.
type Stream struct {
	ws      *websocket.Conn
	release func() bool
}

// Message is an event of a stream.
type Message struct {
	Stream string         `json:"stream"`
	Data   jsontext.Value `json:"data"`
}

// Subscribe opens market streams by their names. The connection is closed when ctx
// ends, or by Close.
func (c *Client) Subscribe(ctx context.Context, streams ...string) (*Stream, error) {
	ws, err := c.websocket(ctx, "/stream?streams="+strings.Join(streams, "/"))
	if err != nil {
		return nil, err
	}
	return &Stream{ws: ws, release: context.AfterFunc(ctx, func() { _ = ws.Close() })}, nil
}

// Next returns the next event.
func (s *Stream) Next() (Message, error) {
	var m Message
	err := s.ws.SetReadDeadline(time.Now().Add(silence))
	var text []byte
	if err == nil {
		_, text, err = s.ws.ReadMessage()
	}
	if err != nil {
		return m, fmt.Errorf("read the stream: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("read an event: %w", err)
	}
	return m, nil
}

// Read reads the data of an event.
func (m *Message) Read(into any) error { return read(m.Data, "an event of "+m.Stream, into) }

// Close closes the connection.
func (s *Stream) Close() {
	s.release()
	_ = s.ws.Close() // nobody reads it any more
}

// TradeEvent is an event of a trade stream.
type TradeEvent struct {
	ID         int64  `json:"t"`
	Price      string `json:"p"`
	Quantity   string `json:"q"`
	Time       int64  `json:"T"`
	BuyerMaker bool   `json:"m"`
}

// BarEvent is an event of a kline stream.
type BarEvent struct {
	Bar struct {
		Open   int64  `json:"t"`
		First  string `json:"o"`
		High   string `json:"h"`
		Low    string `json:"l"`
		Latest string `json:"c"`
		Volume string `json:"v"`
	} `json:"k"`
}

// TickerEvent is an event of a ticker stream.
type TickerEvent struct {
	Change      string `json:"p"`
	Percent     string `json:"P"`
	Last        string `json:"c"`
	High        string `json:"h"`
	Low         string `json:"l"`
	Volume      string `json:"v"`
	QuoteVolume string `json:"q"`
	Count       int64  `json:"n"`
}
