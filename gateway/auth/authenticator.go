package auth

import (
	"errors"
	"net/netip"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// The ways in which a caller can be refused.
var (
	ErrKeyForm   = errors.New("auth: no key, or none that could be one")
	ErrSignature = errors.New("auth: the signature is not the key's of these bytes")
)

// Options are what an Authenticator is made of.
type Options struct {
	Keys       *Store
	Wall       func() int64 // nanoseconds since the epoch; the clock that clients are told
	Signatures int          // remembered at most; 0 means DefaultSignatures
}

// Authenticator says who a request comes from, and whether it may come now. It may
// be used by many goroutines at once.
//
// A request is valid from its timestamp for its window, so whoever hears one could
// send it again. VerifyOnce remembers the signatures of valid requests for as long
// as these last. A process that has just started remembers nothing; what an earlier
// one may have taken was stamped less than Ahead after the start of this one, so
// such a stamp is refused: unless the clock of the machine was set back in between,
// nothing is taken twice. Only for a key whose secret this process made itself,
// there was nothing to take.
type Authenticator struct {
	keys    *Store
	wall    func() int64
	first   int64 // microseconds: no request with an older stamp is taken
	replays *replays
}

// New returns an Authenticator that starts now.
func New(o Options) *Authenticator {
	if o.Signatures == 0 {
		o.Signatures = DefaultSignatures
	}
	a := &Authenticator{keys: o.Keys, wall: o.Wall, replays: newReplays(o.Signatures)}
	a.first = a.now() + Ahead
	return a
}

func (a *Authenticator) now() int64 { return a.wall() / 1000 }

// First returns the stamp, in nanoseconds since the epoch, from which on requests of
// keys are taken that another process may have known.
func (a *Authenticator) First() int64 { return a.first * 1000 }

// Keys returns the keys that are known to a.
func (a *Authenticator) Keys() *Store { return a.keys }

// Key returns the key of an id: ErrKeyForm, ErrUnknownKey.
func (a *Authenticator) Key(id []byte) (*Key, error) {
	if !isID(id) {
		return nil, ErrKeyForm
	}
	if k := a.keys.Lookup(id); k != nil {
		return k, nil
	}
	return nil, ErrUnknownKey
}

// InTime checks that a request of k may come now: ErrEarly, ErrLate. It is asked
// when the request has come, and again before it takes effect.
func (a *Authenticator) InTime(k *Key, w Window) error {
	if w.Stamp < a.first && !k.fresh && planted.Bug != planted.ReplayAfterRestart {
		return ErrLate
	}
	return w.check(a.now())
}

// Verify checks that signature is k's of payload: ErrSignature. It is sent as hex of
// either case for HMAC and as base64 for Ed25519, in which a space counts as a plus.
func (a *Authenticator) Verify(k *Key, payload, signature []byte) error {
	s, ok := k.decode(signature)
	if !ok || !k.signed(payload, &s) {
		return ErrSignature
	}
	return nil
}

// VerifyOnce is Verify for a request that changes something. Such a signature is
// good for one request: ErrReplayed. As there is no room for ever so many of them, it
// may also return ErrCrowded, and after a step back of the clock ErrLate.
func (a *Authenticator) VerifyOnce(k *Key, w Window, payload, signature []byte) error {
	s, ok := k.decode(signature)
	if !ok || !k.signed(payload, &s) {
		return ErrSignature
	}
	return a.replays.once(k, w, &s, a.now())
}

// VerifyFrom is Verify for a request that lets its sender change something later on,
// without a signature. Such a signature may come again, since a client that opens
// several connections in one millisecond signs the same for each; but from no other
// address than the first time: ErrReplayed, ErrCrowded, ErrLate.
func (a *Authenticator) VerifyFrom(k *Key, w Window, payload, signature []byte, client netip.Addr) error {
	s, ok := k.decode(signature)
	if !ok || !k.signed(payload, &s) {
		return ErrSignature
	}
	return a.replays.onceFrom(k, w, &s, client, a.now())
}

// Remembered returns how many signatures are remembered.
func (a *Authenticator) Remembered() int { return a.replays.len() }
