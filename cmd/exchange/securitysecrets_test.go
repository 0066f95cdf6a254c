package main

import (
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// canaries are secrets that are given to an exchange, or sent to it where they do not
// belong, by what they are.
type canaries map[string]string

// tellingBytes are as many of a secret as must not be told: more than happen to be
// alike, and a number of which base64 does not depend on what follows.
const tellingBytes = 24

// plant returns a secret that occurs nowhere else.
func (c canaries) plant(what string) string {
	c[what] = "canary" + rand.Text()
	return c[what]
}

// find returns which secrets stand in a text: as they are, or in an encoding that
// whoever finds it can undo.
func (c canaries) find(text string) []string {
	var found []string
	for what, secret := range c {
		if len(secret) > tellingBytes {
			secret = secret[:tellingBytes]
		}
		for _, form := range []string{
			secret, hex.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%d", []byte(secret)), url.QueryEscape(secret),
		} {
			if strings.Contains(text, strings.Trim(form, "[]")) {
				found = append(found, what)
				break
			}
		}
	}
	slices.Sort(found)
	return found
}

// spill is an exchange to which secrets are told, and what it says.
type spill struct {
	*gate

	secrets canaries
	said    []string // answers, each after what was asked
}

// hear sends a request and takes down the answer.
func (s *spill) hear(q errand) {
	s.t.Helper()
	a, err := s.try(q)
	if err != nil {
		return // it closed the connection, which is an answer too
	}
	s.said = append(s.said, fmt.Sprintf("%s %s?%s\x00%s %v", q.verb, q.path, q.query, a, a.header))
}

// operate sends a request of the operator and takes down the answer.
func (s *spill) operate(verb, path, body string) {
	s.t.Helper()
	_, answer, err := s.ask(verb, path, body)
	if err == nil {
		s.said = append(s.said, fmt.Sprintf("%s %s %s\x00%s", verb, path, body, answer))
	}
}

// TestSecuritySecrets tells an exchange secrets, in the right places and in wrong
// ones, while it logs all that it can. None of them stands in what it logs, answers,
// measures, writes down or says of itself.
func TestSecuritySecrets(t *testing.T) {
	secrets := make(canaries)
	t.Setenv("EXCHANGE_PASSWORD", secrets.plant("a variable of the environment"))
	dir := t.TempDir()
	s := &spill{gate: openGate(t, dir, "--log-level", "debug", "--pprof", "--rate-limits", "--body-bytes", "4096"), secrets: secrets}
	secrets["the operator's token"] = s.token

	keys := s.tellKeys()
	for _, p := range keys {
		s.trade(p)
	}
	s.misplace(keys[0])
	s.stammer(keys[0])
	s.must("POST", "/x/v1/snapshot", "{}")

	for _, text := range s.said {
		asked, answer, _ := strings.Cut(text, "\x00")
		if found := secrets.find(answer); found != nil {
			t.Errorf("the answer to %s tells %v: %s", asked, found, answer)
		}
	}
	s.checkReadings()
	dump := s.checkEnd()
	if found := secrets.find(dump); found != nil {
		t.Errorf("what it logged tells %v: %s", found, dump)
	}
	s.checkFiles()
	t.Logf("%d secrets, %d answers, %d bytes of log", len(secrets), len(s.said), len(dump))
}

// tellKeys gives an account keys with secrets of its own choice.
func (s *spill) tellKeys() []*pass {
	s.t.Helper()
	account := s.holder(plenty()...)
	path := fmt.Sprintf("/x/v1/accounts/%d/keys", account)
	chosen := &pass{id: "chosen", account: account, secret: s.secrets.plant("a chosen secret")}
	s.must("POST", path, fmt.Sprintf(`{"type":"hmac","key":"chosen","secret":%q}`, chosen.secret))
	generated, ed := s.issue(account, bothPermissions), s.issueEd(account, 0x5a)
	s.secrets["a generated secret"] = generated.secret
	s.secrets["a private key"] = string(ed.private.Seed())
	s.awaitStart()

	// Who mistakes things tells them to the operator's side as well.
	wrong := s.secrets.plant("a secret in a wrong place")
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed([]byte(s.secrets.plant("the seed of a private key")[:ed25519.SeedSize])))
	if err != nil {
		s.t.Fatal(err)
	}
	private := base64.StdEncoding.EncodeToString(der)
	s.secrets["a private key as a public one"] = private[24:] // behind what all of them begin with
	for _, body := range []string{
		fmt.Sprintf(`{"type":"ed25519","public_key":%q}`, private),
		fmt.Sprintf(`{"type":"ed25519","public_key":%q}`, wrong),
		fmt.Sprintf(`{"type":"ed25519","secret":%q}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":"%s with a space"}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":[%q]}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":{"a":%q}}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":%q,"secret":%q}`, wrong, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":%q`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":"%s\xff"}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":%q} %s`, wrong, wrong),
		fmt.Sprintf(`{"type":"hmac","key":"chosen","secret":%q}`, wrong),
		fmt.Sprintf(`{"type":"hmac","password":%q}`, wrong),
		fmt.Sprintf(`{"type":"hmac","secret":%q}`, strings.Repeat(wrong, 10)),
		wrong,
	} {
		s.operate("POST", path, body)
	}
	s.operate("GET", "/x/v1/status?token="+s.token, "")
	s.operate("GET", "/x/v1/symbols?key="+wrong, "")
	return []*pass{chosen, generated, ed}
}

// trade does a little of everything with a key, over both carriers. Signatures are
// secrets as well, as long as their windows last.
func (s *spill) trade(p *pass) {
	s.t.Helper()
	for _, r := range signedRoutes() {
		q := s.signed(p, r.verb, r.path, r.params)
		_, signature, _ := strings.Cut(q.query, "signature=")
		s.secrets["the signature of "+r.verb+" "+r.path+" by "+p.id] = plainQuery(signature)
		s.hear(q)
		s.hear(q) // and once more, which is refused
	}
	name := s.listenKey(p)
	s.secrets["the listen key of "+p.id] = name
	s.hear(errand{verb: "PUT", path: "/api/v3/userDataStream", key: p.id, query: "listenKey=" + name})
	ear, k := s.socket("/ws/"+name), s.talk()
	k.listen(p)
	s.openOrder(p, limitOrder("BUY", "0.001", "9000"))
	if _, err := readSentence(ear); err != nil {
		s.t.Error(err)
	}
	params := s.signedParams(p, inTurns(limitOrder("BUY", "0.001", "9000"))...)
	s.secrets["the signature of a message by "+p.id] = params[len(params)-1]
	for range 2 {
		s.said = append(s.said, "order.place\x00"+k.ask("order.place", params...).text)
	}
	for _, method := range []string{"session.status", "session.subscriptions", "session.logout"} {
		s.said = append(s.said, method+"\x00"+k.ask(method).text)
	}
}

func plainQuery(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

// misplace sends a key's secret, and the operator's token, in places of all kinds
// where somebody could put them by mistake.
func (s *spill) misplace(p *pass) {
	s.t.Helper()
	for _, secret := range []string{p.secret, s.token} {
		for _, q := range []errand{
			{verb: "GET", path: "/api/v3/account", key: secret},
			{verb: "GET", path: "/api/v3/account", key: secret + " "},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "timestamp=" + secret + "&signature=x"},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "timestamp=1&signature=" + secret},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "timestamp=1&recvWindow=" + secret + "&signature=x"},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "secret=" + secret + "&timestamp=1&signature=x"},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "secret=" + secret + "%zz"},
			{verb: "GET", path: "/api/v3/account", key: p.id, query: "apiKey=" + p.id + "&apiKey=" + secret},
			{verb: "POST", path: "/api/v3/order", key: p.id, body: `{"secret":"` + secret + `"}`},
			{verb: "POST", path: "/api/v3/order", key: p.id, body: "secret=" + strings.Repeat(secret, 100)},
			{verb: "PUT", path: "/api/v3/userDataStream", key: p.id, query: "listenKey=" + secret},
			{verb: "GET", path: "/api/v3/depth", query: "symbol=" + secret},
			{verb: "GET", path: "/api/v3/klines", query: "symbol=BTCUSDT&interval=" + secret},
			{verb: "GET", path: "/api/v3/" + secret},
			{verb: secret[:20], path: "/api/v3/ping"},
			{verb: "GET", path: "/x/v1/status", token: secret + "x"},
			{verb: "GET", path: "/x/v1/status", query: "token=" + secret},
			{verb: "GET", path: "/metrics", query: "token=" + secret},
			{verb: "GET", path: "/debug/pprof/" + secret},
			{verb: "GET", path: "/" + secret},
		} {
			s.hear(q)
		}
		k := s.talk()
		for _, params := range [][]string{
			{"apiKey", secret, "timestamp", "1", "signature", "x"},
			{"apiKey", p.id, "timestamp", secret, "signature", "x"},
			{"apiKey", p.id, "timestamp", "1", "signature", secret},
			{"apiKey", p.id, "timestamp", "1", "secret", secret},
			{"returnRateLimits", secret},
			{"symbol", secret},
		} {
			for _, method := range []string{"session.logon", "order.place", "userDataStream.subscribe.signature"} {
				s.said = append(s.said, fmt.Sprint(method, params, "\x00", k.ask(method, params...).text))
			}
		}
		s.say(k.ws, `{"id":1,"method":"`+secret+`"}`)
		s.say(k.ws, `{"method":"order.place","secret":"`+secret)
		stream := s.socket("/ws/" + secret)
		s.say(stream, `{"method":"`+secret[:20]+`","id":1}`) // which is repeated to who has said it
		s.say(stream, secret)
	}
}

// say sends a message and takes down what is said to it.
func (s *spill) say(ws *websocket.Conn, text string) {
	s.t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, answer, err := ws.ReadMessage()
	if err != nil {
		s.t.Fatal(err)
	}
	s.said = append(s.said, text+"\x00"+string(answer))
}

// stammer sends what is no request, with secrets in it.
func (s *spill) stammer(p *pass) {
	s.t.Helper()
	for _, secret := range []string{p.secret, s.token} {
		for _, text := range []string{
			"GET /api/v3/account?signature=" + secret + " HTTP/9.9\r\n\r\n",
			"GET /api/v3/account\r\nAuthorization: Bearer " + secret + "\r\n\r\n",
			"GET /api/v3/account HTTP/1.1\r\nHost: a\r\nAuthorization Bearer " + secret + "\r\n\r\n",
			"GET /api/v3/account HTTP/1.1\r\nHost: a\r\nX-MBX-APIKEY: " + secret + "\x00\r\n\r\n",
			"GET /api/v3/account HTTP/1.1\r\nHost: a\r\n X-MBX-APIKEY: " + secret + "\r\n\r\n",
			"GET /api/v3/account HTTP/1.1\r\nHost: a\r\nX-MBX-APIKEY: " + strings.Repeat(secret, 400) + "\r\n\r\n",
			"GET /api/v3/account HTTP/1.1\r\nHost: " + secret + "\x01\r\n\r\n",
			"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: " + secret + "\r\n\r\n",
			"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
			"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n" + secret,
			"POST /api/v3/order HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + secret,
			"GET /ws/" + secret + " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: " + secret + "\r\n\r\n",
			secret + "\r\n\r\n",
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + secret,
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				s.t.Fatal(err)
			}
			// The exchange may be done with it before all was sent: then sending fails.
			_, _ = conn.Write([]byte(text))
			_ = conn.(*net.TCPConn).CloseWrite()
			err = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			answer, readErr := io.ReadAll(conn)
			if err != nil || readErr != nil && !errors.Is(readErr, syscall.ECONNRESET) {
				s.t.Errorf("%.60q: %v, %v", text, err, readErr)
			}
			_ = conn.Close() // it was read to its end
			s.said = append(s.said, fmt.Sprintf("%.80q\x00%s", text, answer))
		}
	}
}

// checkReadings looks for secrets in what the process says of itself.
func (s *spill) checkReadings() {
	s.t.Helper()
	paths := []string{"/metrics", "/x/v1/status", "/x/v1/symbols", "/health", "/ready", "/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/symbol"}
	for _, profile := range []string{"goroutine", "heap", "allocs", "threadcreate", "block", "mutex"} {
		for _, form := range []string{"", "?debug=1", "?debug=2"} {
			paths = append(paths, "/debug/pprof/"+profile+form)
		}
	}
	for id := range 3 {
		paths = append(paths, fmt.Sprintf("/x/v1/accounts/%d", id))
	}
	for _, path := range paths {
		status, text, err := s.ask("GET", path, "")
		if err != nil || status != 200 || text == "" {
			s.t.Errorf("%s: %d %q %v", path, status, text, err)
		}
		if z, err := gzip.NewReader(strings.NewReader(text)); err == nil {
			plain, err := io.ReadAll(z)
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // the answer was trimmed
				s.t.Errorf("%s: %v", path, err)
			}
			text = string(plain)
		}
		if found := s.secrets.find(text); found != nil {
			s.t.Errorf("%s tells %v", path, found)
		}
	}
}

// checkEnd has the process die with the stacks of all its goroutines, as a panic
// would, and returns all that it has written to its log.
func (s *spill) checkEnd() string {
	s.t.Helper()
	if code := s.stop(syscall.SIGQUIT); code != 2 {
		s.t.Errorf("SIGQUIT: exit code %d", code)
	}
	dump := s.complaints() + strings.Join(s.lines, "\n")
	if !strings.Contains(dump, "SIGQUIT: quit") || !strings.Contains(dump, "goroutine 1 ") {
		s.t.Errorf("there are no stacks: %.200s", dump)
	}
	return dump
}

// checkFiles looks for secrets in all that was written down, in files and by the
// commands that read them. The two files that hold them are the owner's alone.
func (s *spill) checkFiles() {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found := s.secrets.find(strings.TrimRight(string(text), "\x00")) // a journal has room at its end
		switch entry.Name() {
		case keysFile, tokenFile:
			info, err := entry.Info()
			if err != nil || info.Mode() != ownerOnly || found == nil {
				s.t.Errorf("%s: mode %v, holds %v, %v", path, info.Mode(), found, err)
			}
		default:
			if found != nil {
				s.t.Errorf("%s tells %v", path, found)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, args := range [][]string{
		{"journal", "cat", s.dir},
		{"journal", "cat", s.dir, "--json"},
		{"journal", "ls", s.dir},
		{"journal", "verify", s.dir},
		{"audit", s.dir, "--json"},
		{"replay", s.dir, "--print", "book,orders,balances", "--json"},
		{"snapshot", "ls", s.dir},
	} {
		out, err := briefly(program(s.t, args...)).CombinedOutput()
		if found := s.secrets.find(string(out)); found != nil || err != nil || len(out) == 0 {
			s.t.Errorf("%v tells %v: %v, %d bytes", args, found, err, len(out))
		}
	}
	s.checkSnapshots()
}

// checkSnapshots looks for secrets in snapshots as they are before they are pressed.
func (s *spill) checkSnapshots() {
	s.t.Helper()
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(s.dir))
	if err != nil || len(infos) == 0 {
		s.t.Fatalf("%d snapshots, %v", len(infos), err)
	}
	for _, info := range infos {
		shot, err := snapshot.Read(vfs.OS(), info.Path)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, section := range shot.Sections {
			if found := s.secrets.find(string(section.Data)); found != nil {
				s.t.Errorf("section %s of %s tells %v", section.Name, info.Path, found)
			}
		}
	}
}
