package rest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// signedRequest is a request of which all is known that its signature covers, and
// all that it does not.
type signedRequest struct {
	verb, path  string
	key         string
	query, body string
}

// mutationSite is a REST of a test exchange and what can be signed for it.
type mutationSite struct {
	*testREST
	t        testing.TB
	exchange *testExchange
	private  ed25519.PrivateKey
	rng      *rand.Rand
	stamp    int64 // microseconds: no two requests have the same
	earlier  string
}

// The keys of a mutationSite: those that sign, and some that could be tried instead.
func newMutationSite(t testing.TB) *mutationSite {
	t.Helper()
	keys, err := auth.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []auth.Draft{
		{Account: 1, ID: "known", Secret: "testsecret", Read: true, Trade: true},
		{Account: 1, ID: "ed", Public: ed25519Public, Read: true, Trade: true},
		{Account: 2, ID: "other", Secret: "othersecret", Read: true, Trade: true},
		{Account: 1, ID: "revoked", Secret: "testsecret", Read: true, Trade: true},
	} {
		if _, _, err := keys.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Delete("revoked"); err != nil {
		t.Fatal(err)
	}
	wall := testStart - 10_000_000_000
	a := auth.New(auth.Options{Keys: keys, Wall: func() int64 { return wall }})
	wall = testStart
	x := newTestExchange(t)
	r := New(api.New(api.Options{Exchange: x, Auth: a, Wall: func() int64 { return testStart }}))
	return &mutationSite{
		testREST: &testREST{r, "testsecret"}, t: t, exchange: x, private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)),
		rng: rand.New(rand.NewPCG(3, 14)), stamp: testStart/1000 - 4_000_000,
	}
}

// next returns a request of any method, in any layout, that is signed as it should be.
func (m *mutationSite) next() signedRequest {
	m.stamp++
	q := signedRequest{key: []string{"known", "known", "ed"}[m.rng.IntN(3)]}
	var params string
	switch name := fmt.Sprintf("n%d", m.stamp); m.rng.IntN(7) {
	case 0, 1:
		q.verb, q.path = "POST", "/api/v3/order"
		params = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.012&price=9000.5&newClientOrderId=" + name
	case 2:
		q.verb, q.path, params = "POST", "/api/v3/order/test", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5&newClientOrderId="+name
	case 3:
		q.verb, q.path, params = "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=123&newClientOrderId="+name
	case 4:
		q.verb, q.path, params = "PUT", "/api/v3/order/amend/keepPriority", "symbol=BTCUSDT&origClientOrderId=none&newQty=0.25&newClientOrderId="+name
	case 5:
		q.verb, q.path, params = "GET", "/api/v3/myTrades", "symbol=BTCUSDT&orderId=12&limit=10"
	default:
		q.verb, q.path, params = "GET", "/api/v3/account", "omitZeroBalances=true"
	}
	stamp := fmt.Sprintf("recvWindow=5000&timestamp=%d", m.stamp)
	switch layout := m.rng.IntN(4); {
	case layout == 0 && q.verb != "GET":
		q.body = params + "&" + stamp
	case layout == 1 && q.verb != "GET":
		q.query, q.body = stamp, params
	default:
		q.query = params + "&" + stamp
	}
	signature := m.sign(q.key, q.query+q.body)
	m.earlier = signature
	inBody := q.query == "" || q.body != "" && m.rng.IntN(2) == 0
	if inBody {
		q.body = m.place(q.body, signature)
	} else {
		q.query = m.place(q.query, signature)
	}
	return q
}

// sign signs a payload with the private side of a key, encoded as it is sent.
func (m *mutationSite) sign(key, payload string) string {
	switch key {
	case "ed":
		return url.QueryEscape(base64.StdEncoding.EncodeToString(ed25519.Sign(m.private, []byte(payload))))
	case "other":
		return sign("othersecret", payload)
	}
	return sign("testsecret", payload)
}

// place puts a signature at the beginning, the end, or between two parameters.
func (m *mutationSite) place(section, signature string) string {
	var parts []string
	if section != "" {
		parts = strings.Split(section, "&")
	}
	at := len(parts)
	if m.rng.IntN(3) == 0 {
		at = m.rng.IntN(len(parts) + 1)
	}
	return strings.Join(slices.Insert(parts, at, "signature="+signature), "&")
}

// meaning is what a request says, by a reading that is not the server's own: who
// sent it, what is signed, its parameters, and its signature decoded.
func meaning(q signedRequest) string {
	var payload strings.Builder
	var params []string
	signature := ""
	seen := make(map[string]bool)
	query, _, _ := strings.Cut(q.query, "#") // a fragment is not sent
	for _, section := range []string{query, q.body} {
		var unsigned []string
		here := make(map[string]bool)
		for part := range strings.SplitSeq(section, "&") {
			rawName, rawValue, _ := strings.Cut(part, "=")
			name, value := plain(rawName), plain(rawValue)
			if name == "signature" {
				switch {
				case here[name]:
					params = append(params, "two signatures in one place")
				case signature == "":
					signature = "=" + strings.ReplaceAll(value, " ", "+")
				}
				here[name] = true
				continue
			}
			unsigned = append(unsigned, part)
			if part != "" && !seen[name] {
				params, here[name] = append(params, fmt.Sprintf("%q=%q", name, value)), true
			}
		}
		for name := range here {
			seen[name] = true
		}
		payload.WriteString(strings.Join(unsigned, "&"))
	}
	return fmt.Sprintf("%s %s %s %q %s", q.verb, q.path, q.key, payload.String()+"|"+strings.Join(params, "&"), decoded(q.key, signature))
}

// plain decodes a name or a value; what cannot be decoded means itself.
func plain(text string) string {
	if got, err := url.QueryUnescape(text); err == nil {
		return got
	}
	return "undecodable " + text
}

// decoded returns a signature's bytes as hex, or what it is if it is none.
func decoded(key, signature string) string {
	text := strings.TrimPrefix(signature, "=")
	decode := hex.DecodeString
	if key == "ed" {
		decode = base64.StdEncoding.Strict().DecodeString
	}
	if b, err := decode(text); err == nil && !strings.ContainsAny(text, "\r\n") {
		return hex.EncodeToString(b)
	}
	return "undecodable " + text
}

// mutate returns a request that is not the one that was signed, or means the same
// in other bytes.
func (m *mutationSite) mutate(q signedRequest) (name string, changed signedRequest) {
	all := []struct {
		name string
		do   func(q *signedRequest)
	}{
		{"a bit of the key", func(q *signedRequest) { q.key = m.flip(q.key) }},
		{"a bit of the query", func(q *signedRequest) { q.query = m.flipVisible(q.query) }},
		{"a bit of the body", func(q *signedRequest) { q.body = m.flip(q.body) }},
		{"a bit of the signature", func(q *signedRequest) { m.resign(q, m.flipVisible) }},
		{"a bit of the time", func(q *signedRequest) {
			m.replace(q, "timestamp", m.flipVisible)
		}},
		{"another order", func(q *signedRequest) { m.parts(q, m.swap) }},
		{"one parameter less", func(q *signedRequest) { m.parts(q, m.without) }},
		{"one parameter twice", func(q *signedRequest) { m.parts(q, m.twice) }},
		{"one parameter more", func(q *signedRequest) { m.parts(q, m.more) }},
		{"an encoded letter", func(q *signedRequest) { m.parts(q, m.encode) }},
		{"a cut elsewhere", m.cut},
		{"another key", func(q *signedRequest) {
			q.key = []string{"other", "known", "ed", "revoked", "nobody", ""}[m.rng.IntN(6)]
		}},
		{"another signature", func(q *signedRequest) { m.resign(q, m.forge) }},
		{"signed by another account", func(q *signedRequest) {
			m.resign(q, func(string) string { return sign("othersecret", unsigned(q.query)+unsigned(q.body)) })
		}},
		{"another algorithm", func(q *signedRequest) { m.resign(q, func(string) string { return m.otherAlgorithm(q) }) }},
	}
	one := all[m.rng.IntN(len(all))]
	one.do(&q)
	return one.name, q
}

// flip changes one bit.
func (m *mutationSite) flip(text string) string {
	if text == "" {
		return text
	}
	b := []byte(text)
	b[m.rng.IntN(len(b))] ^= 1 << m.rng.IntN(8)
	return string(b)
}

// flipVisible changes one bit of what stands in a target, of which spaces and
// controls would be none.
func (m *mutationSite) flipVisible(text string) string {
	for {
		changed := m.flip(text)
		if !strings.ContainsFunc(changed, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return changed
		}
	}
}

// parts changes the parameters of the query or of the body.
func (m *mutationSite) parts(q *signedRequest, change func(parts []string) []string) {
	section := &q.query
	if q.query == "" || q.body != "" && m.rng.IntN(2) == 0 {
		section = &q.body
	}
	*section = strings.Join(change(strings.Split(*section, "&")), "&")
}

func (m *mutationSite) swap(parts []string) []string {
	i, j := m.rng.IntN(len(parts)), m.rng.IntN(len(parts))
	parts[i], parts[j] = parts[j], parts[i]
	return parts
}

func (m *mutationSite) without(parts []string) []string {
	i := m.rng.IntN(len(parts))
	return slices.Delete(parts, i, i+1)
}

func (m *mutationSite) twice(parts []string) []string {
	return slices.Insert(parts, m.rng.IntN(len(parts)+1), parts[m.rng.IntN(len(parts))])
}

func (m *mutationSite) more(parts []string) []string {
	stray := []string{"", "a=1", "price=1", "symbol=BTCUSDT", "quantity=900", "side=SELL", "recvWindow=60000", "=", "%", "signature=", "timestamp=1"}
	return slices.Insert(parts, m.rng.IntN(len(parts)+1), stray[m.rng.IntN(len(stray))])
}

func (m *mutationSite) encode(parts []string) []string {
	i := m.rng.IntN(len(parts))
	if n := len(parts[i]); n > 0 {
		at := m.rng.IntN(n)
		parts[i] = parts[i][:at] + fmt.Sprintf("%%%02X", parts[i][at]) + parts[i][at+1:]
	}
	return parts
}

// cut moves the end of the query into the body or back.
func (m *mutationSite) cut(q *signedRequest) {
	if q.verb == "GET" {
		q.query = q.query[:m.rng.IntN(len(q.query))]
		return
	}
	all := q.query + q.body
	at := m.rng.IntN(len(all) + 1)
	q.query, q.body = all[:at], all[at:]
}

// replace changes the value of a parameter, wherever it stands.
func (m *mutationSite) replace(q *signedRequest, name string, change func(value string) string) {
	for _, section := range []*string{&q.query, &q.body} {
		parts := strings.Split(*section, "&")
		for i := range parts {
			if value, ok := strings.CutPrefix(parts[i], name+"="); ok {
				parts[i] = name + "=" + change(value)
			}
		}
		*section = strings.Join(parts, "&")
	}
}

func (m *mutationSite) resign(q *signedRequest, change func(string) string) {
	m.replace(q, "signature", change)
}

// otherAlgorithm signs with what a key of the other kind could be made of: the text
// of the public key as a secret, no secret, or a private key where there is none.
func (m *mutationSite) otherAlgorithm(q *signedRequest) string {
	payload := unsigned(q.query) + unsigned(q.body)
	if q.key != "ed" {
		return m.sign("ed", payload)
	}
	return sign([]string{"", ed25519Public, string(m.private.Public().(ed25519.PublicKey)), "testsecret"}[m.rng.IntN(4)], payload)
}

// forge returns a signature that is wrong, or the same one in other letters.
func (m *mutationSite) forge(right string) string {
	value := plain(right)
	all := []string{
		"", "0", strings.Repeat("0", len(value)), strings.Repeat("A", 86) + "==", value + value, value[:len(value)-1], value[1:], value + "0", " " + value,
		strings.ToUpper(value), m.earlier[:8] + value[8:], sign("", value), sign("testsecret", ""), hex.EncodeToString([]byte(value)), "-" + value, "0x" + value,
		strings.TrimRight(value, "="), value + "=", strings.ReplaceAll(strings.ReplaceAll(value, "+", "-"), "/", "_"),
	}
	if raw, err := base64.StdEncoding.DecodeString(value); err == nil && len(raw) == ed25519.SignatureSize {
		all = append(all, base64.StdEncoding.EncodeToString(beyondOrder(raw)), base64.StdEncoding.EncodeToString(smallOrder(raw)), looseBits(value))
	}
	return url.QueryEscape(all[m.rng.IntN(len(all))])
}

// beyondOrder adds the order of the group to S, which means the same number and is
// not to be taken.
func beyondOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(signature[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(slices.Clone(signature[:32]), sum...)
}

// smallOrder is a signature of a point of small order and zero.
func smallOrder(signature []byte) []byte {
	out := make([]byte, len(signature))
	out[0] = 1
	return out
}

// looseBits changes those bits of base64 that stand for nothing.
func looseBits(text string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := len(text) - 3
	return text[:at] + string(alphabet[strings.IndexByte(alphabet, text[at])^5]) + text[at+1:]
}

// refusals are the codes with which a request may be refused that is not as it was
// signed: of keys and signatures, and of parameters before they are looked at.
func refusals() map[int]int {
	codes := map[int]int{-2014: 401, -2015: 401}
	for _, code := range []int{-1021, -1022, -1100, -1101, -1102, -1104, -1105, -1108, -1118, -1119, -1130, -1131} {
		codes[code] = 400
	}
	return codes
}

// TestMutatedRequests changes signed requests of all methods, layouts and kinds of
// key. What is not what was signed is refused; what means the same is taken.
func TestMutatedRequests(t *testing.T) {
	t.Parallel()
	count := 20_000
	switch {
	case os.Getenv("EXCHANGE_LONG") != "":
		count = 400_000
	case !pools:
		count = 2_000
	}
	m := newMutationSite(t)
	allowed := refusals()
	same, refused := 0, make(map[string]int)
	for range count {
		q := m.next()
		what, changed := m.mutate(q)
		before := m.exchange.seq
		status, code, body := m.ask(changed)
		if meaning(changed) == meaning(q) {
			if same++; allowed[code] != 0 {
				t.Errorf("%s leaves the meaning: %+v: got %d %s", what, changed, status, body)
			}
			continue
		}
		refused[what]++
		if allowed[code] == 0 || allowed[code] != status || m.exchange.seq != before {
			t.Errorf("%s: %+v was made %+v: got %d %s", what, q, changed, status, body)
		}
	}
	if len(refused) != 15 || same == 0 || same > count/2 {
		t.Errorf("of %d changes %d left the meaning, and refused were %v", count, same, refused)
	}
	t.Logf("%d requests: %d meant the same, refused were %v", count, same, refused)
}

// ask sends a request.
func (m *mutationSite) ask(q signedRequest) (status, code int, body []byte) {
	got := m.send(testRequest{
		verb: q.verb, target: q.path + "?" + q.query, body: q.body,
		headers: map[string]string{"X-MBX-APIKEY": q.key, "Content-Type": "application/x-www-form-urlencoded"},
	})
	var answer struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(got.Body(), &answer) // a list has no code
	return got.StatusCode(), answer.Code, got.Body()
}
