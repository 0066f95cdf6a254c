package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"sync"
)

const (
	hexLen    = 2 * sha256.Size
	base64Len = (ed25519.SignatureSize + 2) / 3 * 4
)

// secret is what an HMAC key signs with. The states of the hash are used again
// and again: they remember the key's two blocks, and so half of the work. The text is
// in a function, which prints as an address, since fmt follows a pointer where
// the verb is wrong.
type secret struct {
	text func() string
	macs sync.Pool
}

type mac struct {
	hash hash.Hash
	sum  [sha256.Size]byte // here, since what is given to an interface would be allocated
}

func newSecret(text string) *secret {
	s := &secret{text: func() string { return text }}
	s.macs.New = func() any { return &mac{hash: hmac.New(sha256.New, []byte(text))} }
	return s
}

// signs reports whether sum is the signature of payload.
func (s *secret) signs(payload, sum []byte) bool {
	m := s.macs.Get().(*mac)
	m.hash.Reset()
	m.hash.Write(payload)
	ok := hmac.Equal(m.hash.Sum(m.sum[:0]), sum)
	s.macs.Put(m)
	return ok
}

// signature is a signature, decoded: what is written differently and means the
// same is the same.
type signature struct {
	bytes [ed25519.SignatureSize]byte
	n     int
}

// decode reads a signature as a key of its kind writes it.
func (k *Key) decode(text []byte) (s signature, ok bool) {
	if k.secret != nil {
		if len(text) != hexLen {
			return s, false
		}
		n, err := hex.Decode(s.bytes[:], text) // either case
		s.n = n
		return s, err == nil
	}
	if len(text) != base64Len {
		return s, false
	}
	var plain [base64Len]byte
	copy(plain[:], text)
	for i, c := range plain {
		switch c {
		case ' ':
			plain[i] = '+' // sent without being percent-encoded, and taken for a space on the way
		case '\r', '\n':
			return s, false // the decoder would skip them
		}
	}
	var room [base64Len / 4 * 3]byte
	n, err := base64.StdEncoding.Decode(room[:], plain[:])
	s.n = copy(s.bytes[:], room[:n])
	if err != nil || n != ed25519.SignatureSize {
		return s, false
	}
	// The last letter has bits that stand for nothing, which the decoder skips too.
	var canonical [base64Len]byte
	base64.StdEncoding.Encode(canonical[:], s.bytes[:])
	return s, canonical == plain
}

// signed reports whether s is k's signature of payload.
func (k *Key) signed(payload []byte, s *signature) bool {
	if k.secret != nil {
		return k.secret.signs(payload, s.bytes[:s.n])
	}
	return ed25519.Verify(k.Public, payload, s.bytes[:s.n])
}
