package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The limits of connections and websockets, as they are set on the command line:
// each with what happens on it, and one beyond.

// limitCase shows one limit of an exchange that is served with it.
type limitCase struct {
	flag, value string
	more        []string // other flags
	show        func(t *testing.T, v *venue)
}

// The times that stand for seconds, minutes and hours here.
const (
	brief      = 300 * time.Millisecond
	briefText  = "300ms"
	afterBrief = brief + time.Second // when it is over for sure
)

func limitCases() []limitCase {
	return slices.Concat(connectionLimits(), websocketLimits(), requestLimits())
}

// TestLimits shows every limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range limitCases() {
		t.Run(c.flag, func(t *testing.T) {
			t.Parallel()
			v := openVenue(t, t.TempDir(), append([]string{"--close-wait", "100ms", "--" + c.flag, c.value}, c.more...)...)
			c.show(t, v)
			v.end()
		})
	}
}

// TestLimitsAreShown finds a case for each flag in the sections of limits, and a flag
// for each case.
func TestLimitsAreShown(t *testing.T) {
	shown := make(map[string]bool)
	for _, c := range limitCases() {
		if shown[c.flag] {
			t.Errorf("two cases show --%s", c.flag)
		}
		shown[c.flag] = true
	}
	sections := []string{"Connections and requests", "Websockets", "Websocket API, for each connection"}
	s, groups := newSettings()
	if s == nil {
		t.Fatal("there are no settings")
	}
	for _, g := range groups {
		i := slices.Index(sections, g.title)
		if i < 0 {
			continue
		}
		sections = slices.Delete(sections, i, i+1)
		for _, f := range flagsOf(g) {
			if f.isLimit && !shown[f.name] {
				t.Errorf("no case shows --%s", f.name)
			}
			delete(shown, f.name)
		}
	}
	for _, title := range sections {
		t.Errorf("the help has no section %q", title)
	}
	for name := range shown {
		t.Errorf("there is a case for --%s, which is in none of the sections", name)
	}
}

// fit waits until a condition holds.
func fit(t *testing.T, what string, holds func() bool) {
	t.Helper()
	eventually(t, func() error {
		if !holds() {
			return errors.New(what)
		}
		return nil
	})
}

// get asks over HTTP and returns the answer, and whether the connection goes on.
func (p *socketPeer) get(path, head string) (status int, body string, goesOn bool, err error) {
	if _, err := io.WriteString(p, "GET "+path+" HTTP/1.1\r\nHost: x\r\n"+head+"\r\n"); err != nil {
		return 0, "", false, err
	}
	return p.answered()
}

// answered reads an answer of HTTP.
func (p *socketPeer) answered() (status int, body string, goesOn bool, err error) {
	r, err := http.ReadResponse(p.r, nil)
	if err != nil {
		return 0, "", false, err
	}
	b, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	return r.StatusCode, string(b), !r.Close, err
}

// answers checks the next answer of HTTP.
func (p *socketPeer) answers(t *testing.T, what string, status int, body string) {
	t.Helper()
	got, text, _, err := p.answered()
	if err != nil || got != status || !strings.HasPrefix(text, body) {
		t.Errorf("%s: %d %s, %v, want %d %s", what, got, text, err, status, body)
	}
}

// hearsOf has the next frame begin so.
func (p *socketPeer) hearsOf(t *testing.T, want string) {
	t.Helper()
	if got, err := p.next(); err != nil || !strings.HasPrefix(got, want) {
		t.Fatalf("heard %.300q, %v, want %s", got, err, want)
	}
}

// tell sends a text message.
func (p *socketPeer) tell(t *testing.T, text string) {
	t.Helper()
	if err := p.say(textFrame(text)); err != nil {
		t.Fatal(err)
	}
}

// endsAfter waits for the end of a connection and checks when it comes.
func (p *socketPeer) endsAfter(t *testing.T, least, most time.Duration) {
	t.Helper()
	began := time.Now()
	_, err := io.Copy(io.Discard, p.r)
	if took := time.Since(began); took < least || took > most {
		t.Errorf("the end came after %v (%v), want %v to %v", took, err, least, most)
	}
}

// socketRequest is a request to the websocket API that a key signs.
func socketRequest(k *client.Key, id int64, method string, params ...string) string {
	params = append(params, "apiKey", k.ID, "timestamp", strconv.FormatInt(time.Now().UnixMicro()+id, 10))
	var names []string
	values := make(map[string]string)
	for i := 0; i < len(params); i += 2 {
		names = append(names, params[i])
		values[params[i]] = params[i+1]
	}
	slices.Sort(names)
	var query, fields strings.Builder
	for i, name := range names {
		if i > 0 {
			query.WriteByte('&')
		}
		query.WriteString(name + "=" + values[name])
		fmt.Fprintf(&fields, "%q:%q,", name, values[name])
	}
	sum := hmac.New(sha256.New, []byte(k.Secret))
	sum.Write([]byte(query.String()))
	return fmt.Sprintf(`{"id":%d,"method":%q,"params":{%s"signature":%q}}`, id, method, fields.String(), hex.EncodeToString(sum.Sum(nil)))
}

// restingOrder is the parameters of an order for BTCUSDT that rests when nobody meets it.
func restingOrder(side, price string) []string {
	return []string{"symbol", "BTCUSDT", "side", side, "type", "LIMIT", "timeInForce", "GTC", "quantity", "0.1", "price", price, "newOrderRespType", "ACK"}
}
