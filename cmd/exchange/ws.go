package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	"github.com/spf13/cobra"
)

// The bounds of ws.
const (
	wsDefaultHost = "127.0.0.1:8080"
	wsMaxLine     = 1 << 20 // bytes of a line that is sent
	wsMaxMessage  = 64 << 20
	wsDialTimeout = 10 * time.Second
	wsFarewell    = 2 * time.Second // for the peer's answer to our close
)

// wsOptions are what ws is asked for.
type wsOptions struct {
	target string
	tlsCA  pathFlag
	count  int
}

func newWS(c *console) *cobra.Command {
	o := wsOptions{}
	count := countFlag{most: 1 << 30}
	cmd := &cobra.Command{
		Use:   "ws URL",
		Short: "Speak to a websocket: print what comes, send the lines of stdin",
		Long: `Opens a websocket, prints each text message that comes as a line, and sends each line of
stdin as a text message. It ends after --count messages, when the other side closes, or
on Ctrl-C. URL may be only a path: then the exchange on ` + wsDefaultHost + ` is meant.`,
		Example: `  exchange ws /ws/btcusdt@trade
  exchange ws '/stream?streams=btcusdt@depth/ethusdt@bookTicker' --count 10
  echo '{"id":1,"method":"time"}' | exchange ws /ws-api/v3 --count 1`,
		Args: takes("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := wsURL(args[0])
			if err != nil {
				return misused(cmd, err)
			}
			o.target, o.count = target, count.value
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return speak(ctx, c, &o, os.Stdin)
		},
	}
	cmd.Flags().Var(&count, "count", "end after so many messages, 0 = never")
	cmd.Flags().Var(&o.tlsCA, "tls-ca", "trust the certificates in `FILE` of a wss URL (default: those of the system)")
	return cmd
}

// wsURL completes a target.
func wsURL(s string) (string, error) {
	if strings.HasPrefix(s, "/") {
		s = "ws://" + wsDefaultHost + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return "", fmt.Errorf("ws: %q is neither ws://HOST/PATH or wss://HOST/PATH nor a path", s)
	}
	return s, nil
}

// speak holds one conversation.
func speak(ctx context.Context, c *console, o *wsOptions, in io.Reader) error {
	dial, cancel := context.WithTimeout(ctx, wsDialTimeout)
	defer cancel()
	trust, err := o.tlsCA.trust()
	if err != nil {
		return err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust}
	conn, answer, err := dialer.DialContext(dial, o.target, nil)
	if answer != nil {
		_ = answer.Body.Close()
	}
	switch {
	case errors.Is(err, websocket.ErrBadHandshake):
		return fmt.Errorf("%s: answered %s in place of a websocket", o.target, answer.Status)
	case err != nil:
		return fmt.Errorf("open %s: %w", o.target, err)
	}
	defer conn.Close() //nolint:errcheck // it is done with
	conn.SetReadLimit(wsMaxMessage)
	go sendLines(conn, in) // ends with the connection, or with the process when stdin does not end

	defer context.AfterFunc(ctx, func() { goodbye(conn) })()
	for n := 0; o.count == 0 || n < o.count; n++ {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return ending(ctx, c, err)
		}
		c.printf("%s\n", text)
		if err := c.out.Flush(); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
	}
	goodbye(conn)
	return nil
}

// sendLines sends what is typed. Pongs and closes go their own way, which the
// library allows beside it.
func sendLines(conn *websocket.Conn, in io.Reader) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, wsMaxLine)
	for lines.Scan() {
		if len(lines.Bytes()) > 0 && conn.WriteMessage(websocket.TextMessage, lines.Bytes()) != nil {
			return
		}
	}
}

// goodbye tells the other side that we are done, and gives it a moment to answer.
func goodbye(conn *websocket.Conn) {
	now := time.Now()
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), now.Add(wsFarewell))
	_ = conn.SetReadDeadline(now.Add(wsFarewell))
}

// ending says why a conversation ended, unless it was meant to.
func ending(ctx context.Context, c *console, err error) error {
	var closed *websocket.CloseError
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &closed) && (closed.Code == websocket.CloseNormalClosure || closed.Code == websocket.CloseGoingAway):
		c.complain("exchange: the other side closed the connection: " + closed.Error())
		return nil
	case errors.As(err, &closed):
		return fmt.Errorf("the other side closed the connection: %w", err)
	case errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection is gone")
	}
	return fmt.Errorf("read: %w", err)
}
