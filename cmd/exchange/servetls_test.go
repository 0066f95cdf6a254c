package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// writeCertificate makes a certificate for this machine that is good for a while
// around now, and writes it and its key to files.
func writeCertificate(t *testing.T, from, until time.Duration) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

// trusting returns a client of an exchange over TLS whose certificate is in a file.
func (s *served) trusting(certFile string) *client.Client {
	s.t.Helper()
	file := pathFlag(certFile)
	trust, err := file.trust()
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := client.New(s.t.Context(), s.url, client.Options{Timeout: 20 * time.Second, TLS: trust})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// launch runs the program to its end.
func launch(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := process(t, args...)
	text, err := cmd.CombinedOutput()
	if ended := cmd.ProcessState; ended != nil {
		return ended.ExitCode(), string(text)
	}
	t.Fatal(err)
	return 0, ""
}

// TestTLS trades over HTTPS and WSS, with the settings in a file of configuration,
// and with the program's own clients.
func TestTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile := writeCertificate(t, -time.Hour, time.Hour)
	config := filepath.Join(t.TempDir(), "exchange.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "tls-cert = %q\ntls-key = %q\n", certFile, keyFile), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := serve(t, dir, "--config", config)
	host := strings.TrimPrefix(s.url, "https://")
	for i, want := range []string{
		"listening https://HOST", "rest https://HOST/api/v3", "streams wss://HOST/ws wss://HOST/stream",
		"websocket-api wss://HOST/ws-api/v3", "operator https://HOST/x/v1", "metrics https://HOST/metrics",
	} {
		if want = strings.ReplaceAll(want, "HOST", host); s.lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, s.lines[i], want)
		}
	}
	c := s.trusting(certFile)
	operator := client.Operator{Client: c, Token: s.token}
	id, err := operator.CreateAccount(t.Context(), "")
	if err == nil {
		err = operator.Credit(t.Context(), id, "USDT", "1000000", 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := operator.CreateKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	stream, err := c.Subscribe(t.Context(), "btcusdt@bookTicker")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	order := client.NewOrder{Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: "0.1", Price: "100"}
	for name, via := range map[string]client.Carrier{"HTTPS": c, "WSS": ws} {
		a := client.Account{Via: via, Key: key}
		if o, err := a.Place(t.Context(), &order); err != nil || o.Status != "NEW" {
			t.Errorf("over %s: %+v, %v", name, o, err)
		}
	}
	if orders, err := (&client.Account{Via: ws, Key: key}).OpenOrders(t.Context(), "BTCUSDT"); err != nil || len(orders) != 2 {
		t.Errorf("%d orders are open, %v, want 2", len(orders), err)
	}
	if m, err := stream.Next(); err != nil || m.Stream != "btcusdt@bookTicker" {
		t.Errorf("the stream: %+v, %v", m, err)
	}

	if code, out := launch(t, "load", "--target", s.url, "--tls-ca", certFile, "--data", dir, "--transport", "http,ws", "--conns", "2", "--rate", "50", "--for", "500ms", "--json"); code != 0 || !strings.Contains(out, `"errors":0`) {
		t.Errorf("load: exit code %d, %s", code, out)
	}
	if code, out := launch(t, "ws", "wss://"+host+"/stream?streams=btcusdt@bookTicker", "--tls-ca", certFile, "--count", "1"); code != 0 || !strings.HasPrefix(out, `{"stream":"btcusdt@bookTicker"`) {
		t.Errorf("ws: exit code %d, %s", code, out)
	}
	if code, out := launch(t, "ws", "wss://"+host+"/ws", "--count", "1"); code != 1 || !strings.Contains(out, "certificate") {
		t.Errorf("ws without --tls-ca: exit code %d, %s", code, out)
	}
	if code, out := launch(t, "load", "--target", s.url, "--tls-ca", keyFile, "--data", dir); code != 1 || !strings.Contains(out, "--tls-ca: there is no certificate in "+keyFile) {
		t.Errorf("load with a key for --tls-ca: exit code %d, %s", code, out)
	}
	s.plainRefused(host)
	stream.Close() // whoever does not read keeps an end from being quick
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
	if strings.Contains(s.complaints(), "warning") {
		t.Errorf("it complains: %s", s.complaints())
	}
}

// plainRefused speaks plain HTTP to a port of HTTPS.
func (s *served) plainRefused(host string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+host+"/api/v3/ping", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Errorf("HTTP on the port of HTTPS: %v", err)
		return
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(a.Body)
	if want := `{"code":-1000,"msg":"This port speaks HTTPS."}`; a.StatusCode != http.StatusBadRequest || string(b) != want || err != nil {
		s.t.Errorf("HTTP on the port of HTTPS: %d %s, %v, want 400 %s", a.StatusCode, b, err, want)
	}
}

// TestTLSDemo has the simulated traders, which are part of the process, trade over
// TLS with a certificate that is for another name.
func TestTLSDemo(t *testing.T) {
	t.Parallel()
	certFile, keyFile := writeCertificate(t, -time.Hour, time.Hour)
	s := serve(t, t.TempDir(), "--demo", "--tls-cert", certFile, "--tls-key", keyFile)
	c := s.trusting(certFile)
	eventually(t, func() error {
		trades, err := c.RecentTrades(t.Context(), "BTCUSDT", 10)
		if err == nil && len(trades) == 0 {
			err = errors.New("nobody trades")
		}
		return err
	})
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
}

// TestTLSSettings refuses settings of TLS, each with its name.
func TestTLSSettings(t *testing.T) {
	t.Parallel()
	certFile, keyFile := writeCertificate(t, -time.Hour, time.Hour)
	_, otherKey := writeCertificate(t, -time.Hour, time.Hour)
	_, openKey := writeCertificate(t, -time.Hour, time.Hour)
	if err := os.Chmod(openKey, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		flags []string
		code  int
		want  string
	}{
		{"no key", []string{"--tls-cert", certFile}, 2, "--tls-cert needs --tls-key"},
		{"no certificate", []string{"--tls-key", keyFile}, 2, "--tls-key needs --tls-cert"},
		{"empty", []string{"--tls-cert", ""}, 2, "it is empty"},
		{"certificate is not there", []string{"--tls-cert", certFile + "x", "--tls-key", keyFile}, 1, "--tls-cert: open " + certFile + "x: no such file"},
		{"key is not there", []string{"--tls-cert", certFile, "--tls-key", keyFile + "x"}, 1, "--tls-key: stat " + keyFile + "x: no such file"},
		{"key of another", []string{"--tls-cert", certFile, "--tls-key", otherKey}, 1, "--tls-cert " + certFile + ", --tls-key " + otherKey + ": tls: private key does not match public key"},
		{"the wrong way round", []string{"--tls-cert", keyFile, "--tls-key", keyFile}, 1, "--tls-cert " + keyFile},
		{"key for everybody", []string{"--tls-cert", certFile, "--tls-key", openKey}, 1, "--tls-key: " + openKey + " can be read by everybody (mode 0644): chmod o-r it"},
	} {
		code, out := launch(t, append([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, c.flags...)...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit code %d, %s, want %d, %s", c.name, code, out, c.code, c.want)
		}
	}
}

// TestPlainCaution warns of an address that other machines reach without TLS, on the
// terminal and in the log, and of a certificate that is not good now.
func TestPlainCaution(t *testing.T) {
	certFile, keyFile := writeCertificate(t, -time.Hour, time.Hour)
	oldCert, oldKey := writeCertificate(t, -2*time.Hour, -time.Hour)
	for _, c := range []struct {
		address, cert, key string
		want               string // empty: no warning
	}{
		{"127.0.0.1:8080", "", "", ""},
		{"127.9.8.7:8080", "", "", ""},
		{"[::1]:8080", "", "", ""},
		{"0.0.0.0:8080", "", "", "0.0.0.0:8080 takes plain HTTP from other machines"},
		{"[::]:8080", "", "", "[::]:8080 takes plain HTTP from other machines"},
		{"192.0.2.1:8080", "", "", "192.0.2.1:8080 takes plain HTTP from other machines"},
		{"192.0.2.1:8080", certFile, keyFile, ""},
		{"192.0.2.1:8080", oldCert, oldKey, "and not now"},
	} {
		var stderr bytes.Buffer
		set, _ := newSettings()
		set.tlsCert, set.tlsKey = pathFlag(c.cert), pathFlag(c.key)
		s := newServer(newConsole(io.Discard, &stderr), set)
		if err := s.secure(); err != nil {
			t.Fatal(err)
		}
		at, err := net.ResolveTCPAddr("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		s.cautionPlain(at)
		var lines []string
		if text := strings.TrimSuffix(stderr.String(), "\n"); text != "" {
			lines = strings.Split(text, "\n")
		}
		switch {
		case c.want == "" && len(lines) > 0:
			t.Errorf("%s: it warns: %s", c.address, lines)
		case c.want != "" && (len(lines) != 2 || !strings.HasPrefix(lines[0], "exchange: warning: ") || !strings.Contains(lines[0], c.want) ||
			!strings.Contains(lines[1], `"level":"WARN"`) || !strings.Contains(lines[1], c.want)):
			t.Errorf("%s: got %s, want a warning and a line of the log with %q", c.address, lines, c.want)
		}
		if err := s.gateway.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
