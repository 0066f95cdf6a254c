package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// echo is a server that says hello, repeats each message, and closes with a code
// when it is told to.
func echo(t *testing.T) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		defer func() { _ = conn.Close() }()
		_ = conn.WriteMessage(websocket.TextMessage, []byte("hello"))
		for {
			kind, text, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if string(text) == "close" {
				_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "as told"))
				return
			}
			_ = conn.WriteMessage(kind, text)
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestSpeak(t *testing.T) {
	target := echo(t)
	for _, c := range []struct {
		name  string
		in    string
		count int
		out   string
		err   string
	}{
		{"counts what comes", "", 1, "hello\n", ""},
		{"sends lines", "a\n\nb\n", 3, "hello\na\nb\n", ""},
		{"says why it was closed", "close\n", 0, "hello\n", "the other side closed the connection: websocket: close 1008 (policy violation): as told"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, complaints bytes.Buffer
			console := newConsole(&out, &complaints)
			err := speak(t.Context(), console, &wsOptions{target: target, count: c.count}, strings.NewReader(c.in))
			if got := errorText(err); got != c.err || out.String() != c.out {
				t.Errorf("printed %q and ended with %q, want %q and %q", out.String(), got, c.out, c.err)
			}
		})
	}
}

func TestSpeakEndsOnASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out, complaints bytes.Buffer
	cancelled := &onWrite{w: &out, do: cancel}
	if err := speak(ctx, newConsole(cancelled, &complaints), &wsOptions{target: echo(t)}, strings.NewReader("")); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if out.String() != "hello\n" {
		t.Errorf("it printed %q", out.String())
	}
}

// onWrite does something once output has been written.
type onWrite struct {
	w  *bytes.Buffer
	do func()
}

func (o *onWrite) Write(p []byte) (int, error) {
	defer o.do()
	return o.w.Write(p)
}

func TestSpeakTo(t *testing.T) {
	for in, want := range map[string]string{
		"/ws/btcusdt@trade":     "ws://127.0.0.1:8080/ws/btcusdt@trade",
		"ws://host/ws":          "ws://host/ws",
		"wss://host:1/stream?x": "wss://host:1/stream?x",
	} {
		if got, err := wsURL(in); got != want || err != nil {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"http://host/ws", "host/ws", "ws://", "ws://%zz"} {
		if got, err := wsURL(in); err == nil {
			t.Errorf("%s was taken for %s", in, got)
		}
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	err := speak(t.Context(), newConsole(&bytes.Buffer{}, &bytes.Buffer{}), &wsOptions{target: "ws" + strings.TrimPrefix(plain.URL, "http")}, strings.NewReader(""))
	if !strings.Contains(errorText(err), "answered 404 Not Found in place of a websocket") {
		t.Errorf("a server without websockets: %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
