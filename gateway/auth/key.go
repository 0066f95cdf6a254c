package auth

import (
	"crypto/ed25519"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Key is an API key. It is never changed once it is known, so it may be shared.
type Key struct {
	ID      string // what the caller sends
	Account msg.AccountID
	Secret  string            // of HMAC-SHA256; empty for Ed25519
	Public  ed25519.PublicKey // of Ed25519; nil for HMAC
	Read    bool              // may ask
	Trade   bool              // may place, cancel and amend
}
