package auth

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// The vectors of the wire format. Each payload is the signed bytes of one layout:
// all in the query, query and body, and the sorted names of a websocket call.
const (
	vectorSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
	queryPayload = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=10000&recvWindow=5000&timestamp=1700000000000"
	publicText   = "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="
)

var vectors = []struct {
	name, secret, payload, signature string
}{
	{
		"documented", vectorSecret, "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
		"c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
	},
	{"query", "testsecret", queryPayload, "8f4290be003255e95b16ea1fd6bc9e03fcdb09a28ba5e616b7182ff4d52b696b"},
	{
		"query and body", "testsecret", "timestamp=1700000000000" + "price=10000&quantity=0.001&side=BUY&symbol=BTCUSDT&timeInForce=GTC&type=LIMIT",
		"33bff15a4d5fc52e999d9d2f20f01215af5a39fa3e15802d2611f4bb307182bd",
	},
	{
		"websocket", "testsecret",
		"apiKey=testkey&price=10000&quantity=0.001&recvWindow=5000&returnRateLimits=false&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=1700000000000&type=LIMIT",
		"35a1d4f3a65303fc0f8bb9584a9c51408374046d181aae06242687cb53b19d88",
	},
	{
		"ed25519 query", "", queryPayload,
		"TCiDvnxbwYaOPlHB076sB2iYOguNeRLWjDhuqPsnc5OJyYCo3SeEm7ph8f9iB/U4IPrC7TKOjUoLVm+WV9X3Cg==",
	},
	{
		"ed25519 logon", "", "apiKey=testkey&timestamp=1700000000000",
		"lQE/jZ1U/2WGuEYq9hcTMUehkBg8t7+FInUn7lW+BBwY9ivG0dCM4OMYOGbeVdeGL1sTZNdjKoze6M7u+2LSDQ==",
	},
}

// vectorKey returns the key of a vector: without a secret it is the Ed25519 key.
func vectorKey(t *testing.T, secret string) *Key {
	t.Helper()
	d := Draft{Account: 1, ID: "k", Secret: secret, Read: true, Trade: true}
	if secret == "" {
		d.Public = publicText
	}
	k, _, err := d.key()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newAuthenticator(t *testing.T, now *int64) *Authenticator {
	t.Helper()
	s, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Keys: s, Wall: func() int64 { return *now }})
}

func TestVectors(t *testing.T) {
	var now int64
	a := newAuthenticator(t, &now)
	for _, v := range vectors {
		k := vectorKey(t, v.secret)
		if err := a.Verify(k, []byte(v.payload), []byte(v.signature)); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		spaced := strings.ReplaceAll(v.signature, "+", " ") // as a decoder of queries leaves it
		if err := a.Verify(k, []byte(v.payload), []byte(spaced)); err != nil {
			t.Errorf("%s with spaces: %v", v.name, err)
		}
		upper := a.Verify(k, []byte(v.payload), []byte(strings.ToUpper(v.signature)))
		if hmac := k.secret != nil; (upper == nil) != hmac {
			t.Errorf("%s in upper case: %v, and it is HMAC: %v", v.name, upper, hmac)
		}
	}
}

// TestWrongSignatures changes every bit of each vector's signature and payload.
func TestWrongSignatures(t *testing.T) {
	var now int64
	a := newAuthenticator(t, &now)
	for _, v := range vectors {
		k := vectorKey(t, v.secret)
		right, ok := k.decode([]byte(v.signature))
		if !ok {
			t.Fatalf("%s: the signature is not one", v.name)
		}
		for bit := range right.n * 8 {
			s := right
			s.bytes[bit/8] ^= 1 << (bit % 8)
			if k.signed([]byte(v.payload), &s) {
				t.Errorf("%s: bit %d of the signature may be wrong", v.name, bit)
			}
		}
		payload := []byte(v.payload)
		payload[len(payload)/2] ^= 1
		for name, c := range map[string][2][]byte{
			"another payload": {payload, []byte(v.signature)},
			"no signature":    {[]byte(v.payload), nil},
			"a short one":     {[]byte(v.payload), []byte(v.signature[:len(v.signature)-1])},
			"a long one":      {[]byte(v.payload), []byte(v.signature + "0")},
			"a line's end":    {[]byte(v.payload), []byte(v.signature[:len(v.signature)-1] + "\n")},
			"no digits":       {[]byte(v.payload), bytes.Repeat([]byte("?"), len(v.signature))},
		} {
			if err := a.Verify(k, c[0], c[1]); !errors.Is(err, ErrSignature) {
				t.Errorf("%s, %s: got %v, want %v", v.name, name, err, ErrSignature)
			}
			if err := a.VerifyOnce(k, Window{}, c[0], c[1]); !errors.Is(err, ErrSignature) {
				t.Errorf("%s once, %s: got %v, want %v", v.name, name, err, ErrSignature)
			}
		}
	}
	if n := a.Remembered(); n != 0 {
		t.Errorf("%d wrong signatures are remembered", n)
	}
}

// TestLooseBits changes the bits of a signature in base64 that stand for nothing.
func TestLooseBits(t *testing.T) {
	var now int64
	a := newAuthenticator(t, &now)
	v := vectors[4]
	for _, last := range "hijklmnopqrstuv" { // in place of a g, whose last four bits are zero
		loose := strings.TrimSuffix(v.signature, "g==") + string(last) + "=="
		if err := a.Verify(vectorKey(t, ""), []byte(v.payload), []byte(loose)); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: got %v, want %v", loose, err, ErrSignature)
		}
	}
}

// TestVerifyAllocates pins that a signed request costs no garbage.
func TestVerifyAllocates(t *testing.T) {
	if !pools {
		t.Skip("under the race detector pools lose what they hold")
	}
	var now int64
	a := newAuthenticator(t, &now)
	v := vectors[1]
	k := vectorKey(t, v.secret)
	payload, signature := []byte(v.payload), []byte(v.signature)
	id := []byte("k")
	a.keys.now.Store(newKeyring([]*Key{k}))
	if n := testing.AllocsPerRun(1000, func() {
		found, err := a.Key(id)
		if err != nil || found != k || a.Verify(found, payload, signature) != nil {
			t.Fatal("the vector is refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations to verify, want none", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		if w, err := ParseWindow([]byte("1700000000000"), []byte("5000.125")); err != nil || w.Length != 5_000_125 {
			t.Fatal(w, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations to read a window, want none", n)
	}
}

func TestPublicRoundTrip(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	text, err := formatPublic(public)
	if text != publicText || err != nil {
		t.Errorf("got %s, %v, want %s", text, err, publicText)
	}
	back, err := parsePublic(text)
	if !bytes.Equal(back, public) || err != nil {
		t.Errorf("got %x, %v, want %x", back, err, public)
	}
}

// weakKeys are the points of small order in all ways in which they can be written:
// y and the sign of x, the least byte first.
func weakKeys() []ed25519.PublicKey {
	var all []ed25519.PublicKey
	for _, text := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		y, err := hex.DecodeString(text)
		if err != nil {
			panic(err)
		}
		signed := bytes.Clone(y)
		signed[31] |= 0x80
		all = append(all, y, signed)
	}
	return all
}

// TestWeakKeys forges a signature for each key of small order, and adds none of
// them.
func TestWeakKeys(t *testing.T) {
	s, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	forged := 0
	for _, public := range weakKeys() {
		text, err := formatPublic(public)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Add(Draft{Account: 1, Public: text, Read: true, Trade: true}); !errors.Is(err, ErrPublic) {
			t.Errorf("%x: got %v, want %v", public, err, ErrPublic)
		}
		if _, err := parseEntry([]byte(`{"key":"k","account":1,"public_key":"` + text + `","read":true,"trade":true}`)); !errors.Is(err, ErrPublic) {
			t.Errorf("%x in the file: got %v, want %v", public, err, ErrPublic)
		}
		if forge(public) {
			forged++
		}
	}
	if s.Len() != 0 {
		t.Errorf("there are %d keys", s.Len())
	}
	if forged != 14 {
		t.Errorf("%d of 14 keys can be signed for without a secret: the others are none to be refused", forged)
	}
}

// forge reports whether there is a signature of some bytes for a key that nobody
// has: a point of small order, and zero.
func forge(public ed25519.PublicKey) bool {
	for _, point := range weakKeys() {
		signature := append(bytes.Clone(point), make([]byte, 32)...)
		for try := range 64 {
			if ed25519.Verify(public, []byte{byte(try)}, signature) {
				return true
			}
		}
	}
	return false
}

func BenchmarkVerify(b *testing.B) {
	s, _ := Open("")
	a := New(Options{Keys: s, Wall: func() int64 { return 0 }})
	for _, v := range vectors[1:5:5] {
		d := Draft{Account: 1, ID: "k", Secret: v.secret, Read: true}
		if v.secret == "" {
			d.Public = publicText
		}
		k, _, err := d.key()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a.Verify(k, []byte(v.payload), []byte(v.signature)) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
