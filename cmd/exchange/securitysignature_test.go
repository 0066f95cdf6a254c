package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tamperer changes requests that are signed as they should be.
type tamperer struct {
	gate   *gate
	rng    *rand.Rand
	victim []*pass // of one account, of both kinds
	other  *pass
	gone   *pass
}

// next returns an order that is signed, all in the query, all in the body, or some
// here and some there.
func (m *tamperer) next() (q errand, p *pass) {
	p = m.victim[m.rng.IntN(len(m.victim))]
	now := m.gate.now()
	params := limitOrder("BUY", "0.012", "9000.5") + fmt.Sprintf("&newClientOrderId=n%d", now)
	stamp := fmt.Sprintf("recvWindow=50000&timestamp=%d", now)
	q = errand{verb: "POST", path: "/api/v3/order", key: p.id}
	switch m.rng.IntN(3) {
	case 0:
		q.query = params + "&" + stamp
	case 1:
		q.query, q.body = stamp, params
	default:
		q.body = params + "&" + stamp
	}
	signature := "signature=" + url.QueryEscape(p.sign(q.query+q.body))
	if q.query == "" {
		q.body += "&" + signature
	} else {
		q.query += "&" + signature
	}
	return q, p
}

// tampering is one way to change a request so that it means something else.
type tampering struct {
	name string
	do   func(m *tamperer, q *errand, p *pass)
}

// tamperings are all ways. None leaves the meaning: a letter of hex in the other case
// does, and is a test of its own.
func tamperings() []tampering {
	return []tampering{
		{"a bit of the key", func(m *tamperer, q *errand, _ *pass) { q.key = m.flip(q.key) }},
		{"a bit of the query", func(m *tamperer, q *errand, _ *pass) { q.query = m.flip(q.query) }},
		{"a bit of the body", func(m *tamperer, q *errand, _ *pass) { q.body = m.flip(q.body) }},
		{"a bit of the time", func(m *tamperer, q *errand, _ *pass) { m.value(q, "timestamp", m.flip) }},
		{"a digit of the signature", func(m *tamperer, q *errand, _ *pass) { m.value(q, "signature", m.digit) }},
		{"the price", func(m *tamperer, q *errand, _ *pass) { m.value(q, "price", func(v string) string { return "1" + v }) }},
		{"no price", func(m *tamperer, q *errand, _ *pass) { m.parts(q, m.without) }},
		{"a parameter twice", func(m *tamperer, q *errand, _ *pass) { m.parts(q, m.twice) }},
		{"one more", func(m *tamperer, q *errand, _ *pass) { m.parts(q, m.more) }},
		{"another order", func(m *tamperer, q *errand, _ *pass) { m.parts(q, m.swap) }},
		{"cut within a value", func(_ *tamperer, q *errand, _ *pass) {
			all := q.query + q.body
			at := strings.Index(all, "9000.5") + 1
			q.query, q.body = all[:at], all[at:]
		}},
		{"another account's key", func(m *tamperer, q *errand, _ *pass) { q.key = m.other.id }},
		{"another account's signature", func(m *tamperer, q *errand, _ *pass) { m.resign(q, m.other) }},
		{"another account's key and signature of something else", func(m *tamperer, q *errand, _ *pass) {
			q.key = m.other.id
			m.value(q, "signature", func(string) string { return m.other.sign("timestamp=1") })
		}},
		{"a key that was deleted", func(m *tamperer, q *errand, _ *pass) {
			q.key = m.gone.id
			m.resign(q, m.gone)
		}},
		{"another algorithm", func(m *tamperer, q *errand, p *pass) {
			m.resign(q, m.victim[(slices.Index(m.victim, p)+1)%len(m.victim)])
		}},
		{"an empty secret", func(m *tamperer, q *errand, _ *pass) { m.resign(q, &pass{}) }},
		{"the key as the secret", func(m *tamperer, q *errand, p *pass) { m.resign(q, &pass{secret: p.id}) }},
		{"no signature", func(m *tamperer, q *errand, _ *pass) { m.value(q, "signature", func(string) string { return "" }) }},
		{"zeros", func(m *tamperer, q *errand, _ *pass) {
			m.value(q, "signature", func(v string) string { return strings.Repeat("0", len(v)) })
		}},
		{"no key", func(_ *tamperer, q *errand, _ *pass) { q.key = "" }},
	}
}

// flip changes a bit, so that what comes of it can still be sent.
func (m *tamperer) flip(text string) string {
	if text == "" {
		return "x=1"
	}
	for {
		b := []byte(text)
		b[m.rng.IntN(len(b))] ^= 1 << m.rng.IntN(7)
		// Controls, spaces and fragments are no part of a request, and a letter of
		// hex in the other case means the same.
		if !strings.ContainsFunc(string(b), func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) && !strings.EqualFold(string(b), text) {
			return string(b)
		}
	}
}

// digit makes one digit or letter of a signature another one.
func (m *tamperer) digit(text string) string {
	for {
		at := m.rng.IntN(len(text) - 8) // the last ones of base64 stand for few bits
		c := "0123456789abcdef"[m.rng.IntN(16)]
		if text[at] != c && text[at] != '%' && (at == 0 || text[at-1] != '%') && (at < 2 || text[at-2] != '%') {
			return text[:at] + string(c) + text[at+1:]
		}
	}
}

// parts changes the parameters that are signed, in the query or in the body.
func (m *tamperer) parts(q *errand, change func(parts []string) []string) {
	section := &q.query
	if strings.Contains(q.body, "price=") {
		section = &q.body
	}
	parts := strings.Split(*section, "&")
	signature := ""
	if n := len(parts) - 1; strings.HasPrefix(parts[n], "signature=") {
		signature, parts = "&"+parts[n], parts[:n]
	}
	*section = strings.Join(change(parts), "&") + signature
}

func (m *tamperer) swap(parts []string) []string {
	i := m.rng.IntN(len(parts) - 1)
	parts[i], parts[i+1] = parts[i+1], parts[i]
	return parts
}

func (m *tamperer) without(parts []string) []string {
	i := m.rng.IntN(len(parts))
	return slices.Delete(parts, i, i+1)
}

func (m *tamperer) twice(parts []string) []string {
	return slices.Insert(parts, m.rng.IntN(len(parts)+1), parts[m.rng.IntN(len(parts))])
}

func (m *tamperer) more(parts []string) []string {
	stray := []string{"a=1", "icebergQty=1", "side=SELL", "recvWindow=60000", "timestamp=1"}
	return slices.Insert(parts, m.rng.IntN(len(parts)), stray[m.rng.IntN(len(stray))])
}

// value changes the value of a parameter.
func (m *tamperer) value(q *errand, name string, change func(value string) string) {
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

// resign signs the request with another key.
func (m *tamperer) resign(q *errand, p *pass) {
	query, _, _ := strings.Cut(q.query, "&signature=")
	body, _, _ := strings.Cut(q.body, "&signature=")
	m.value(q, "signature", func(string) string { return url.QueryEscape(p.sign(query + body)) })
}

// signatureRefusals are the codes with which a request may be refused that is not
// as it was signed, and their statuses.
func signatureRefusals() map[int]int {
	codes := map[int]int{-2014: 401, -2015: 401}
	for _, code := range []int{-1021, -1022, -1100, -1101, -1102, -1105, -1118, -1130, -1131} {
		codes[code] = 400
	}
	return codes
}

// TestSecuritySignatures sends orders that are not what was signed, from several
// sides at once. Not one is taken, and the exchange stays where it is.
func TestSecuritySignatures(t *testing.T) {
	t.Parallel()
	const senders = 4
	count := scaled(3_000, 400, 100_000)
	g := openGate(t, t.TempDir())
	account := g.holder(plenty()...)
	victim := []*pass{g.issue(account, bothPermissions), g.issueEd(account, 7)}
	other, gone := g.newcomer(), g.issue(account, bothPermissions)
	g.must("DELETE", "/x/v1/keys/"+gone.id, "")
	g.awaitStart()
	for _, p := range victim { // an order as it was signed is taken
		g.openOrder(p, limitOrder("BUY", "0.012", "9000.5"))
	}
	check := g.unchanged()
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			m := &tamperer{gate: g, rng: rand.New(rand.NewPCG(2, uint64(sender))), victim: victim, other: other, gone: gone}
			m.run(count / senders)
		})
	}
	all.Wait()
	check("requests that were changed")
	t.Logf("%d requests of %d kinds were refused", count, len(tamperings()))
}

// awaitStart waits until a key is taken that the process has not made itself, which
// is a second after its start.
func (g *gate) awaitStart() {
	g.t.Helper()
	p := g.issueEd(g.holder(), 99)
	eventually(g.t, func() error {
		if a := g.query(p, "GET", "/api/v3/account", ""); a.status != 200 {
			return fmt.Errorf("an Ed25519 key: %s", a)
		}
		return nil
	})
}

// run sends requests, each changed in the next way.
func (m *tamperer) run(count int) {
	ways, allowed := tamperings(), signatureRefusals()
	for i := range count {
		way := &ways[i%len(ways)]
		right, p := m.next()
		q := right
		way.do(m, &q, p)
		if q == right {
			m.gate.t.Errorf("%s changes nothing of %+v", way.name, q)
			return
		}
		a, err := m.gate.try(q)
		if err != nil || allowed[a.code] == 0 || allowed[a.code] != a.status {
			m.gate.t.Errorf("%s: %+v was made %+v: %s %v", way.name, right, q, a, err)
			return
		}
	}
}

// TestSecurityMessages sends orders over a websocket of which one parameter is not as
// it was signed.
func TestSecurityMessages(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	account := g.holder(plenty()...)
	victim := []*pass{g.issue(account, bothPermissions), g.issueEd(account, 7)}
	m := &tamperer{gate: g, rng: rand.New(rand.NewPCG(4, 4)), victim: victim, other: g.newcomer()}
	g.awaitStart()
	k := g.talk()
	allowed, count := signatureRefusals(), scaled(600, 100, 20_000)
	check := g.unchanged()
	for i := range count {
		p := victim[i%len(victim)]
		params := g.signedParams(p, inTurns(limitOrder("BUY", "0.012", "9000.5"))...)
		right := slices.Clone(params)
		switch at := 2 * m.rng.IntN(len(params)/2); i % 5 {
		case 0: // another value, of the signature a digit
			if at == len(params)-2 {
				params[at+1] = m.digit(params[at+1])
			} else {
				params[at+1] = m.flip(params[at+1])
			}
		case 1:
			params[at] = m.flip(params[at])
		case 2:
			params = slices.Delete(params, at, at+2)
		case 3:
			params = append(params, "icebergQty", "1")
		default:
			params[slices.Index(params, "apiKey")+1] = m.other.id
		}
		if s := k.ask("order.place", params...); allowed[s.code()] == 0 || allowed[s.code()] != s.Status {
			t.Fatalf("%q was made %q: %s", right, params, s.text)
		}
	}
	check("messages that were changed")
	t.Logf("%d messages were refused", count)
}

// TestSecuritySameSignature sends signatures in other letters that mean the same,
// and uses what is signed where it was not meant for.
func TestSecuritySameSignature(t *testing.T) {
	t.Parallel()
	g := openGate(t, t.TempDir())
	p := g.newcomer()
	order := func() string {
		return fmt.Sprintf("%s&timestamp=%d", limitOrder("BUY", "0.012", "9000"), g.now())
	}
	for name, write := range map[string]func(signature string) string{
		"as it is":        func(s string) string { return s },
		"capitals":        strings.ToUpper,
		"mixed":           func(s string) string { return strings.ToUpper(s[:32]) + s[32:] },
		"percent-encoded": func(s string) string { return fmt.Sprintf("%%%02x", s[0]) + s[1:] },
	} {
		query := order()
		signature := p.sign(query)
		q := errand{verb: "POST", path: "/api/v3/order", key: p.id, query: query + "&signature=" + write(signature)}
		if a := g.send(q); a.status != 200 {
			t.Errorf("%s: %s", name, a)
		}
		for _, again := range []string{signature, strings.ToUpper(signature)} { // in letters it was not sent in, too
			q.query = query + "&signature=" + again
			if a := g.send(q); a.status != 400 || a.code != -1022 {
				t.Errorf("%s, a second time as %s: %s", name, again, a)
			}
		}
	}
	// The wire format does not sign verb and path. What may be asked for once may be
	// asked for at another place instead, but not at both.
	for _, places := range [][2]string{{"/api/v3/order/test", "/api/v3/order"}, {"/api/v3/order", "/api/v3/order/test"}} {
		query := order()
		query += "&signature=" + p.sign(query)
		for i, path := range places {
			want := []int{200, 400}[i]
			if a := g.send(errand{verb: "POST", path: path, key: p.id, query: query}); a.status != want || want == 400 && a.code != -1022 {
				t.Errorf("%s after %v: %s, want %d", path, places[:i], a, want)
			}
		}
	}
}
