package auth

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Key is an API key. It is never changed once it is known, so it may be shared.
// Neither printing nor logging nor encoding a Key shows its secret.
type Key struct {
	ID      string // what the caller sends
	Account msg.AccountID
	Public  ed25519.PublicKey // of Ed25519; nil for HMAC
	Read    bool              // may ask
	Trade   bool              // may place, cancel and amend
	From    []netip.Prefix    // from where it may be used; nil: from anywhere

	secret *secret // of HMAC-SHA256; nil for Ed25519
	tag    uint64  // of the id, where a number is handier
	fresh  bool    // the secret was made by this process: nobody can have used it before
}

// String returns the key without its secret.
func (k *Key) String() string {
	kind := "hmac"
	if k.secret == nil {
		kind = "ed25519"
	}
	return fmt.Sprintf("key %s of account %d (%s)", k.ID, k.Account, kind)
}

// LogValue is what a log says of the key.
func (k *Key) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", k.ID), slog.Uint64("account", uint64(k.Account)))
}

// Reveal returns the secret of an HMAC key, and nothing for another: for whoever
// shows the keys of a demonstration to its owner.
func (k *Key) Reveal() string {
	if k.secret == nil {
		return ""
	}
	return k.secret.text()
}
