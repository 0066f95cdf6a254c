package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// othersRead is the permission that the file of a private key must not have.
const othersRead = 0o004

// secure has the gateway speak TLS, if it is to.
func (s *server) secure() error {
	certFile, keyFile := string(s.settings.tlsCert), string(s.settings.tlsKey)
	if certFile == "" {
		return nil
	}
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return fmt.Errorf("--tls-cert: %w", err)
	}
	info, err := os.Stat(keyFile)
	if err != nil {
		return fmt.Errorf("--tls-key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&othersRead != 0 {
		return fmt.Errorf("--tls-key: %s can be read by everybody (mode %04o): chmod o-r it", keyFile, mode)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return fmt.Errorf("--tls-key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("--tls-cert %s, --tls-key %s: %w", certFile, keyFile, err)
	}
	if now := time.Now(); now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		s.caution(fmt.Sprintf("the certificate %s is valid from %s to %s, and not now", certFile,
			pair.Leaf.NotBefore.UTC().Format(time.RFC3339), pair.Leaf.NotAfter.UTC().Format(time.RFC3339)))
	}
	s.certificate = &pair
	s.gateway.Secure(&pair)
	return nil
}

// caution warns whoever starts the exchange, and whoever reads its log.
func (s *server) caution(text string) {
	s.warn(text)
	s.log.Warn(text)
}

// cautionPlain warns when what is not encrypted can be heard by other machines.
func (s *server) cautionPlain(address net.Addr) {
	at, err := netip.ParseAddrPort(address.String())
	if s.certificate != nil || err == nil && at.Addr().Unmap().IsLoopback() {
		return
	}
	s.caution(fmt.Sprintf("%s takes plain HTTP from other machines: keys, tokens and orders can be read on the way; give --tls-cert and --tls-key, or --listen at 127.0.0.1", address))
}

// url returns an address of the exchange with the scheme of HTTP or of websockets.
func (s *server) url(scheme, address string) string {
	if s.certificate != nil {
		scheme += "s"
	}
	return scheme + "://" + address
}

// ownTLS is how a client of this process knows the exchange that it is part of: by
// its very certificate, whatever name that is for. It is nil over plain HTTP.
func (s *server) ownTLS() *tls.Config {
	if s.certificate == nil {
		return nil
	}
	own := s.certificate.Certificate[0]
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // what follows is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !bytes.Equal(state.PeerCertificates[0].Raw, own) {
				return errors.New("the other side is not this exchange")
			}
			return nil
		},
	}
}

// listenTo takes the address, and says so where that is a risk.
func (s *server) listenTo(ctx context.Context) (address string, err error) {
	at, err := s.gateway.Listen(ctx, s.settings.listen)
	if err != nil {
		return "", err //nolint:wrapcheck // it says what it did
	}
	s.cautionPlain(at)
	return at.String(), nil
}

// checkTLS refuses one of two settings that go together.
func (s *settings) checkTLS() error {
	switch {
	case s.tlsCert != "" && s.tlsKey == "":
		return errors.New("serve: --tls-cert needs --tls-key")
	case s.tlsKey != "" && s.tlsCert == "":
		return errors.New("serve: --tls-key needs --tls-cert")
	default:
		return nil
	}
}

// trust returns how a client knows an exchange over TLS: by the certificates in a
// file, or by those of the system when none is given.
func (f *pathFlag) trust() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if *f == "" {
		return c, nil
	}
	pem, err := os.ReadFile(string(*f))
	if err != nil {
		return nil, fmt.Errorf("--tls-ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--tls-ca: there is no certificate in %s", *f)
	}
	return c, nil
}
