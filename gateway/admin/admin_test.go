package admin

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// TestRequests asks for everything there is, well and badly, in one market that
// goes on from row to row. What is refused must change nothing.
func TestRequests(t *testing.T) {
	d := newDesk(t)
	d.market()
	for _, c := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		// Accounts.
		{"POST", "/accounts", `{"name":"carol"}`, 201, `{"account":3,"seq":8}`},
		{"POST", "/accounts", ``, 201, `{"account":4,"seq":9}`},
		{"POST", "/accounts", `{"name":"no blanks"}`, 400, `{"code":"INVALID_NAME","field":"name","message":"A name has 1 to 36 characters A-Z a-z 0-9 - _.","got":"no blanks","want":"[A-Za-z0-9_-]{1,36}"}`},
		{"POST", "/accounts", `{"owner":"x"}`, 400, `{"code":"UNKNOWN_FIELD","field":"owner","message":"There is no such field."}`},
		{"POST", "/accounts", `{"name":"a","name":"b"}`, 400, `{"code":"DUPLICATE_FIELD","field":"name","message":"The field is there twice."}`},
		{"POST", "/accounts", `{"name":5}`, 400, `{"code":"WRONG_TYPE","field":"name","message":"The field has another type, or is out of its range."}`},
		{"POST", "/accounts", `{} {}`, 400, `{"code":"INVALID_JSON","field":"","message":"The body is not one JSON object in UTF-8."}`},
		{"POST", "/accounts", `[]`, 400, `{"code":"WRONG_TYPE","field":"","message":"The field has another type, or is out of its range."}`},
		{"POST", "/accounts", `{"name":"` + "\xff" + `"}`, 400, `{"code":"INVALID_JSON","field":"","message":"The body is not one JSON object in UTF-8."}`},
		{"POST", "/accounts", `{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413, `{"code":"BODY_TOO_LARGE","field":"","message":"A body has up to 8192 bytes."}`},
		{"GET", "/accounts/1", ``, 200, `{"account":1,"name":"alice","status":"normal","maker":null,"taker":null,"balances":[{"asset":"BTC","free":"10","locked":"0"}]}`},
		{"GET", "/accounts/0", ``, 200, `{"account":0,"status":"normal","maker":null,"taker":null,"balances":[]}`},
		{"GET", "/accounts/99", ``, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"99"}`},
		{"GET", "/accounts/01", ``, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"01"}`},
		{"GET", "/accounts/-1", ``, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"-1"}`},
		{"GET", "/accounts/4294967297", ``, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"4294967297"}`},
		{"GET", "/accounts/1", `{}`, 400, `{"code":"BODY_NOT_TAKEN","field":"","message":"This request has no body."}`},
		{"GET", "/accounts/1?a=b", ``, 400, `{"code":"QUERY_NOT_TAKEN","field":"","message":"Nothing is given in the query."}`},
		{"PATCH", "/accounts/1", `{"status":"cancel_only","maker":"0.0005","taker":"0.00075"}`, 200, `{"seq":11}`},
		{"PATCH", "/accounts/1", `{"taker":"0.001"}`, 200, `{"seq":12}`},
		{"GET", "/accounts/1", ``, 200, `{"account":1,"name":"alice","status":"cancel_only","maker":"0.0005","taker":"0.001","balances":[{"asset":"BTC","free":"10","locked":"0"}]}`},
		{"PATCH", "/accounts/1", `{"maker":null,"taker":null,"status":"normal"}`, 200, `{"seq":14}`},
		{"GET", "/accounts/1", ``, 200, `{"account":1,"name":"alice","status":"normal","maker":null,"taker":null,"balances":[{"asset":"BTC","free":"10","locked":"0"}]}`},
		{"PATCH", "/accounts/1", `{"status":"closed"}`, 400, `{"code":"INVALID_VALUE","field":"status","message":"The value is none of those there are.","got":"closed","want":"normal|cancel_only|disabled"}`},
		{"PATCH", "/accounts/1", `{"maker":"1.1"}`, 400, `{"code":"INVALID_RATE","field":"maker","message":"A rate is from 0 to 1.","got":"1.1","want":"0 to 1"}`},
		{"PATCH", "/accounts/1", `{"maker":0.001}`, 400, `{"code":"WRONG_TYPE","field":"maker","message":"The field has another type, or is out of its range."}`},
		{"PATCH", "/accounts/1", `{"taker":"1e-3"}`, 400, `{"code":"INVALID_DECIMAL","field":"taker","message":"The value is no decimal.","got":"1e-3","want":"digits, or digits.digits"}`},
		{"PATCH", "/accounts/1", `{"taker":"0.000000001"}`, 400, `{"code":"TOO_MANY_DECIMALS","field":"taker","message":"The value has too many decimals.","got":"0.000000001","want":"a multiple of 0.00000001"}`},
		{"PATCH", "/accounts/1", `{}`, 400, `{"code":"MISSING_FIELD","field":"","message":"Nothing is to be changed."}`},
		{"PATCH", "/accounts/0", `{"status":"disabled"}`, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account, or it is the fee account, which cannot be changed."}`},
		{"PATCH", "/accounts/99", `{"status":"disabled"}`, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"99"}`},

		// Transfers.
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"0.5","transfer":5}`, 200, `{"seq":16,"asset":"BTC","free":"10.5","locked":"0"}`},
		{"POST", "/accounts/1/debit", `{"asset":"BTC","amount":"0.50","transfer":6}`, 200, `{"seq":17,"asset":"BTC","free":"10","locked":"0"}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"0.5","transfer":6}`, 409, `{"code":"DUPLICATE_TRANSFER","field":"transfer","message":"The transfer must exceed the account's last one.","got":"6","want":"more than 6"}`},
		{"POST", "/accounts/1/debit", `{"asset":"BTC","amount":"10.00000001","transfer":7}`, 409, `{"code":"INSUFFICIENT_BALANCE","field":"amount","message":"The account has less than that free."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"92233720368","transfer":7}`, 409, `{"code":"AMOUNT_OVERFLOW","field":"amount","message":"The asset's total would not fit into 63 bits."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"92233720369","transfer":7}`, 400, `{"code":"OUT_OF_RANGE","field":"amount","message":"The value is too large.","got":"92233720369"}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"0","transfer":7}`, 400, `{"code":"INVALID_AMOUNT","field":"amount","message":"The amount must be above zero."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"-1","transfer":7}`, 400, `{"code":"INVALID_DECIMAL","field":"amount","message":"The value is no decimal.","got":"-1","want":"digits, or digits.digits"}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":1,"transfer":7}`, 400, `{"code":"WRONG_TYPE","field":"amount","message":"The field has another type, or is out of its range."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"1"}`, 400, `{"code":"MISSING_FIELD","field":"transfer","message":"The field is missing."}`},
		{"POST", "/accounts/1/credit", `{"asset":null,"amount":"1","transfer":7}`, 400, `{"code":"MISSING_FIELD","field":"asset","message":"The field is missing."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"1","transfer":"7"}`, 400, `{"code":"WRONG_TYPE","field":"transfer","message":"The field has another type, or is out of its range."}`},
		{"POST", "/accounts/1/credit", `{"asset":"BTC","amount":"1","transfer":9223372036854775808}`, 400, `{"code":"WRONG_TYPE","field":"transfer","message":"The field has another type, or is out of its range.","got":"9223372036854775808"}`},
		{"POST", "/accounts/1/credit", `{"asset":"DOGE","amount":"1","transfer":7}`, 404, `{"code":"UNKNOWN_ASSET","field":"asset","message":"There is no such asset.","got":"DOGE"}`},
		{"POST", "/accounts/99/credit", `{"asset":"BTC","amount":"1","transfer":7}`, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account, or it is the fee account, which cannot be changed."}`},
		{"POST", "/accounts/0/credit", `{"asset":"USDT","amount":"1","transfer":1}`, 200, `{"seq":23,"asset":"USDT","free":"1","locked":"0"}`},

		// Keys.
		{"POST", "/accounts/1/keys", `{"type":"hmac","key":"k","secret":"s"}`, 201, `{"key":"k","secret":"s"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","key":"k"}`, 409, `{"code":"KEY_TAKEN","field":"key","message":"There is one of this name."}`},
		{"POST", "/accounts/1/keys", `{"type":"ed25519","key":"e","public_key":"MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=","permissions":["read"]}`, 201, `{"key":"e"}`},
		{"POST", "/accounts/1/keys", `{"type":"ed25519","public_key":"AAAA"}`, 400, `{"code":"INVALID_KEY","field":"public_key","message":"A public key is an Ed25519 key as SubjectPublicKeyInfo, in base64."}`},
		{"POST", "/accounts/1/keys", `{"type":"ed25519"}`, 400, `{"code":"MISSING_FIELD","field":"public_key","message":"The field is missing."}`},
		{"POST", "/accounts/1/keys", `{"type":"ed25519","secret":"s"}`, 400, `{"code":"UNKNOWN_FIELD","field":"secret","message":"An Ed25519 key has a public key, its secret stays with its owner."}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","public_key":"AAAA"}`, 400, `{"code":"UNKNOWN_FIELD","field":"public_key","message":"An HMAC key has a secret and no public key."}`},
		{"POST", "/accounts/1/keys", `{"type":"rsa"}`, 400, `{"code":"INVALID_VALUE","field":"type","message":"The value is none of those there are.","got":"rsa","want":"hmac|ed25519"}`},
		{"POST", "/accounts/1/keys", `{}`, 400, `{"code":"MISSING_FIELD","field":"type","message":"The field is missing."}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","secret":""}`, 400, `{"code":"INVALID_KEY","field":"secret","message":"The field is empty."}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","key":"a b"}`, 400, `{"code":"INVALID_KEY","field":"key","message":"A key has 1 to 128 characters A-Z a-z 0-9 - _."}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","permissions":["withdraw"]}`, 400, `{"code":"INVALID_VALUE","field":"permissions","message":"The value is none of those there are.","got":"withdraw","want":"read|trade"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","permissions":[]}`, 400, `{"code":"INVALID_VALUE","field":"permissions","message":"A key may read, or trade, or both.","want":"read|trade"}`},
		{"POST", "/accounts/0/keys", `{"type":"hmac"}`, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"0"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","key":"i","secret":"s","permissions":["trade"],"ips":["127.0.0.1","10.0.0.0/8","2001:DB8::/32"]}`, 201, `{"key":"i","secret":"s"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":["127.0.0.1","10.1.2.3/8"]}`, 400, `{"code":"INVALID_ADDRESS","field":"ips.1","message":"The value is no address of IPv4 or IPv6, and no network of such with nothing behind its prefix.","got":"10.1.2.3/8","want":"127.0.0.1, 10.0.0.0/8, 2001:db8::/32"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":["10.0.0.1","10.0.0.1/32"]}`, 400, `{"code":"INVALID_VALUE","field":"ips.1","message":"The address is there twice.","got":"10.0.0.1/32"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":[]}`, 400, `{"code":"INVALID_VALUE","field":"ips","message":"A list of addresses is not empty, and has a bound.","got":"0","want":"1 to 32"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":[` + strings.Repeat(`"x",`, 32) + `"x"]}`, 400, `{"code":"INVALID_VALUE","field":"ips","message":"A list of addresses is not empty, and has a bound.","got":"33","want":"1 to 32"}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":"127.0.0.1"}`, 400, `{"code":"WRONG_TYPE","field":"ips","message":"The field has another type, or is out of its range."}`},
		{"POST", "/accounts/1/keys", `{"type":"hmac","ips":[1]}`, 400, `{"code":"WRONG_TYPE","field":"ips.0","message":"The field has another type, or is out of its range."}`},
		{"GET", "/accounts/1/keys", ``, 200, `[{"key":"k","type":"hmac","permissions":["read","trade"]},{"key":"e","type":"ed25519","permissions":["read"]},{"key":"i","type":"hmac","permissions":["trade"],"ips":["127.0.0.1","10.0.0.0/8","2001:db8::/32"]}]`},
		{"GET", "/accounts/0/keys", ``, 200, `[]`},
		{"GET", "/accounts/99/keys", ``, 404, `{"code":"UNKNOWN_ACCOUNT","field":"account","message":"There is no such account.","got":"99"}`},
		{"DELETE", "/keys/k", ``, 204, ``},
		{"DELETE", "/keys/k", ``, 404, `{"code":"UNKNOWN_KEY","field":"key","message":"There is no such key.","got":"k"}`},
		{"GET", "/keys/e", ``, 405, `{"code":"METHOD_NOT_ALLOWED","field":"","message":"This is not done here with this method.","got":"GET","want":"DELETE"}`},

		// Assets.
		{"POST", "/assets", `{"asset":"ETH","scale":18}`, 201, `{"seq":24}`},
		{"POST", "/assets", `{"asset":"ETH","scale":8}`, 409, `{"code":"NAME_TAKEN","field":"asset","message":"There is one of this name."}`},
		{"POST", "/assets", `{"asset":"X","scale":19}`, 400, `{"code":"INVALID_SCALE","field":"scale","message":"An asset has up to 18 decimals."}`},
		{"POST", "/assets", `{"asset":"X","scale":-1}`, 400, `{"code":"WRONG_TYPE","field":"scale","message":"The field has another type, or is out of its range.","got":"-1"}`},
		{"POST", "/assets", `{"asset":"X","scale":8.0}`, 400, `{"code":"WRONG_TYPE","field":"scale","message":"The field has another type, or is out of its range.","got":"8.0"}`},
		{"POST", "/assets", `{"asset":"X"}`, 400, `{"code":"MISSING_FIELD","field":"scale","message":"The field is missing."}`},
		{"POST", "/assets", `{"asset":"","scale":8}`, 400, `{"code":"INVALID_NAME","field":"asset","message":"A name has 1 to 36 characters A-Z a-z 0-9 - _.","want":"[A-Za-z0-9_-]{1,36}"}`},

		// Symbols.
		{"POST", "/symbols", `{"symbol":"ETHBTC","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.001","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00001","maxPrice":"100","tickSize":"0.00001000"}],"accounting":"balances"}`, 201, `{"seq":27}`},
		{"POST", "/symbols", `{"symbol":"ETHBTC","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.001"}`, 409, `{"code":"NAME_TAKEN","field":"symbol","message":"There is one of this name."}`},
		{"POST", "/symbols", `{"symbol":"ethbtc","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.001"}`, 400, `{"code":"INVALID_NAME","field":"symbol","message":"The name of a symbol is in upper case.","got":"ethbtc","want":"[A-Z0-9_-]{1,36}"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.0001"}`, 400, `{"code":"TICK_TIMES_LOT","field":"lot","message":"A lot at a price of one tick must be worth a whole number of the quote asset's smallest units.","got":"0.00001 × 0.0001","want":"a multiple of 0.00000001"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"ETH","quote":"BTC","tick":"0","lot":"1"}`, 400, `{"code":"OUT_OF_RANGE","field":"tick","message":"The value must be above zero.","got":"0","want":"more than 0"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"BTC","quote":"BTC","tick":"1","lot":"1"}`, 400, `{"code":"INVALID_VALUE","field":"quote","message":"Base and quote are the same asset.","got":"BTC"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"NO","quote":"BTC","tick":"1","lot":"1"}`, 404, `{"code":"UNKNOWN_ASSET","field":"base","message":"There is no such asset.","got":"NO"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"ETH","quote":"BTC","tick":"1","lot":"1","accounting":"margin"}`, 400, `{"code":"INVALID_VALUE","field":"accounting","message":"The value is none of those there are.","got":"margin","want":"balances|none"}`},
		{"POST", "/symbols", `{"symbol":"S","base":"ETH","quote":"BTC","lot":"1"}`, 400, `{"code":"MISSING_FIELD","field":"tick","message":"The field is missing."}`},
		{"GET", "/symbols/ETHBTC", ``, 200, `{"symbol":"ETHBTC","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.001","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00001","maxPrice":"100","tickSize":"0.00001"},{"filterType":"LOT_SIZE","minQty":"0","maxQty":"0","stepSize":"0.001"}],"maker":"0","taker":"0","accounting":"balances","phase":"trading"}`},
		{"PATCH", "/symbols/ETHBTC", `{"maker":"0.001"}`, 200, `{"seq":29}`},
		{"PATCH", "/symbols/ETHBTC", `{"filters":[]}`, 200, `{"seq":30}`},
		{"PATCH", "/symbols/ETHBTC", `{"tick":"1"}`, 400, `{"code":"UNKNOWN_FIELD","field":"tick","message":"There is no such field."}`},
		{"PATCH", "/symbols/ETHBTC", `{}`, 400, `{"code":"MISSING_FIELD","field":"","message":"Nothing is to be changed."}`},
		{"PATCH", "/symbols/NONE", `{"maker":"0"}`, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"NONE"}`},
		{"GET", "/symbols", ``, 200, `[{"symbol":"BTCUSDT","base":"BTC","quote":"USDT","tick":"0.01","lot":"0.00001","filters":[{"filterType":"PRICE_FILTER","minPrice":"0","maxPrice":"0","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0","maxQty":"0","stepSize":"0.00001"}],"maker":"0.001","taker":"0.002","accounting":"balances","phase":"trading"},` +
			`{"symbol":"ETHBTC","base":"ETH","quote":"BTC","tick":"0.00001","lot":"0.001","filters":[{"filterType":"PRICE_FILTER","minPrice":"0","maxPrice":"0","tickSize":"0.00001"},{"filterType":"LOT_SIZE","minQty":"0","maxQty":"0","stepSize":"0.001"}],"maker":"0.001","taker":"0","accounting":"balances","phase":"trading"}]`},
		{"GET", "/symbols/btcusdt", ``, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"btcusdt"}`},
		{"GET", "/symbols/BTC%55SDT", ``, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"BTC%55SDT"}`},
		{"GET", "/symbols/", ``, 404, `{"code":"UNKNOWN_PATH","field":"","message":"There is nothing here.","got":"/x/v1/symbols/","want":"/x/v1"}`},

		// Phases and auctions.
		{"POST", "/symbols/BTCUSDT/uncross", `{}`, 409, `{"code":"NOT_IN_AUCTION","field":"symbol","message":"The symbol is in no auction."}`},
		{"POST", "/symbols/BTCUSDT/phase", `{"phase":"auction"}`, 200, `{"seq":32}`},
		{"GET", "/symbols/BTCUSDT/auction", ``, 200, `{"price":null,"volume":"0","surplus":"0","side":"buy"}`},
		{"POST", "/symbols/BTCUSDT/uncross", `{}`, 200, `{"seq":33,"price":null,"volume":"0"}`},
		{"POST", "/symbols/BTCUSDT/phase", `{"phase":"open"}`, 400, `{"code":"INVALID_VALUE","field":"phase","message":"The value is none of those there are.","got":"open","want":"trading|auction|halt|cancel_only"}`},
		{"POST", "/symbols/BTCUSDT/phase", `{}`, 400, `{"code":"MISSING_FIELD","field":"phase","message":"The field is missing."}`},
		{"POST", "/symbols/NONE/phase", `{"phase":"halt"}`, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"NONE"}`},
		{"POST", "/symbols/NONE/uncross", ``, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"NONE"}`},
		{"POST", "/symbols/BTCUSDT/uncross", `{"price":"1"}`, 400, `{"code":"UNKNOWN_FIELD","field":"price","message":"There is no such field."}`},
		{"GET", "/symbols/NONE/auction", ``, 404, `{"code":"UNKNOWN_SYMBOL","field":"symbol","message":"There is no such symbol.","got":"NONE"}`},

		// Operations.
		{"POST", "/snapshot", `{}`, 200, `{"seq":7}`},
		{"POST", "/snapshot", `{"now":true}`, 400, `{"code":"UNKNOWN_FIELD","field":"now","message":"There is no such field."}`},
		{"GET", "/status", ``, 200, `{"seq":7,"durable_seq":7,"publish_seq":7,"digest":"00000000000000ff","digest_seq":7,"time":1,"epoch":1,"journal":"00","sync":"always","storage":"ok","symbols":3}`},
		{"POST", "/reset", `{}`, 403, `{"code":"RESET_NOT_ALLOWED","field":"","message":"The exchange was started without --allow-reset."}`},
		{"POST", "/clock", `{"advance_ns":1}`, 409, `{"code":"CLOCK_NOT_SIMULATED","field":"","message":"The exchange was started without --clock sim."}`},
		{"POST", "/clock", `{"advance_ns":-1}`, 400, `{"code":"OUT_OF_RANGE","field":"advance_ns","message":"Time goes forward only.","got":"-1","want":"0 or more"}`},
		{"POST", "/clock", `{}`, 400, `{"code":"MISSING_FIELD","field":"advance_ns","message":"The field is missing."}`},
		{"POST", "/status", ``, 405, `{"code":"METHOD_NOT_ALLOWED","field":"","message":"This is not done here with this method.","got":"POST","want":"GET"}`},
		{"GET", "/nothing", ``, 404, `{"code":"UNKNOWN_PATH","field":"","message":"There is nothing here.","got":"/x/v1/nothing","want":"/x/v1"}`},
		{"GET", "/../v1/status", ``, 404, `{"code":"UNKNOWN_PATH","field":"","message":"There is nothing here.","got":"/x/v1/../v1/status","want":"/x/v1"}`},
		{"GET", "/health", ``, 200, `{"status":"alive"}`},
		{"GET", "/ready", ``, 200, `{"status":"ready"}`},
		{"POST", "/ready", ``, 405, `{"code":"METHOD_NOT_ALLOWED","field":"","message":"This is not done here with this method.","got":"POST","want":"GET, HEAD"}`},
	} {
		digest := d.exchange.engine.Digest()
		status, answer := d.ask(c.method, "/x/v1"+c.path, c.body)
		if got := strings.TrimSuffix(answer, "\n"); status != c.status || got != c.answer {
			t.Errorf("%s %s %.80s\n got %d %s\nwant %d %s", c.method, c.path, c.body, status, got, c.status, c.answer)
		}
		if status >= 300 && d.exchange.engine.Digest() != digest {
			t.Errorf("%s %s %.80s was refused and changed the state", c.method, c.path, c.body)
		}
	}
}

// TestToken asks with every wrong token there is.
func TestToken(t *testing.T) {
	d := newDesk(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer a-tokeN", "Bearer a-token2", "Basic a-token", "a-token", "Bearer  a-token"} {
		status, answer := d.ask("POST", "/x/v1/accounts", `{}`, "Authorization", header)
		if status != 401 || !strings.Contains(answer, `"UNAUTHORIZED"`) {
			t.Errorf("%q: %d %s", header, status, answer)
		}
	}
	if d.exchange.engine.Seq() != 0 {
		t.Error("a request without the token was carried out")
	}
	if status, _ := d.ask("POST", "/x/v1/accounts", `{}`, "Authorization", "bearer a-token"); status != 201 {
		t.Errorf("the scheme in lower case: %d", status)
	}
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI("/x/v1/status")
	ctx.Request.Header.Add("Authorization", "Bearer "+token)
	ctx.Request.Header.Add("Authorization", "Bearer "+token)
	if d.admin.Handle(&ctx); ctx.Response.StatusCode() != 401 {
		t.Errorf("two headers: %d", ctx.Response.StatusCode())
	}
	// The probes need none.
	for _, path := range []string{"/health", "/ready", "/x/v1/health", "/x/v1/ready"} {
		if status, _ := d.ask("GET", path, "", "Authorization", "x"); status != 200 {
			t.Errorf("%s without the token: %d", path, status)
		}
	}
	d.ops.ready = false
	if status, answer := d.ask("GET", "/ready", ""); status != 503 || !strings.Contains(answer, `"NOT_READY"`) {
		t.Errorf("not ready: %d %s", status, answer)
	}
}

// TestUnanswered says what it means that there is no answer.
func TestUnanswered(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		err  error
		code string
	}{
		{gateway.ErrBusy, "BUSY"},
		{gateway.ErrFull, "FULL"},
		{gateway.ErrStorage, "STORAGE_LOW"},
		{gateway.ErrStopped, "STOPPING"},
		{gateway.ErrUnknown, "OUTCOME_UNKNOWN"},
		{fmt.Errorf("wait: %w", gateway.ErrBusy), "BUSY"},
	} {
		d.exchange.fails = c.err
		if status, answer := d.ask("POST", "/x/v1/accounts", `{}`); status != 503 || !strings.Contains(answer, `"`+c.code+`"`) {
			t.Errorf("%v: %d %s", c.err, status, answer)
		}
	}
	d.exchange.fails = gateway.ErrBarred
	if status, answer := d.ask("POST", "/x/v1/accounts", `{}`); status != 409 || !strings.Contains(answer, `"COMMAND_BARRED"`) {
		t.Errorf("a barred command: %d %s", status, answer)
	}
}

// Low storage shows where operators and their machines look, and refuses what would
// take more of it.
func TestStorageLow(t *testing.T) {
	d := newDesk(t)
	d.ops.storage, d.ops.fails = "low", gateway.ErrStorage
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/ready", "", 200, `{"status":"ready","storage":"low"}`},
		{"GET", "/health", "", 200, `{"status":"alive"}`},
		{"GET", "/x/v1/status", "", 200, `"storage":"low"`},
		{"POST", "/x/v1/snapshot", "{}", 503, `"STORAGE_LOW"`},
	} {
		if status, answer := d.ask(c.method, c.path, c.body); status != c.status || !strings.Contains(answer, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, answer)
		}
	}
	if p, ok := errors.AsType[*problem](keyRefused(fmt.Errorf("add: %w", gateway.ErrStorage))); !ok || p.Code != "STORAGE_LOW" || p.status != 503 {
		t.Errorf("a key: %+v", p)
	}
}

// TestBodies sends bodies of other types than JSON.
func TestBodies(t *testing.T) {
	d := newDesk(t)
	for contentType, want := range map[string]int{
		"application/json": 201, "Application/JSON; charset=utf-8": 201, "application/x-www-form-urlencoded": 201, "": 201,
		"text/plain": 400, "multipart/form-data; boundary=x": 400, "application/jsonp": 400,
	} {
		if status, answer := d.ask("POST", "/x/v1/accounts", `{}`, "Content-Type", contentType); status != want {
			t.Errorf("%q: %d %s, want %d", contentType, status, answer, want)
		}
	}
	if status, _ := d.ask("POST", "/x/v1/accounts", `{}`, "Content-Encoding", "gzip"); status != 400 {
		t.Errorf("an encoded body: %d", status)
	}
}

// TestFilters sets all filters and finds them again.
func TestFilters(t *testing.T) {
	d := newDesk(t)
	d.market()
	all := `[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},` +
		`{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000","stepSize":"0.00001"},` +
		`{"filterType":"MARKET_LOT_SIZE","minQty":"0","maxQty":"100","stepSize":"0"},` +
		`{"filterType":"NOTIONAL","minNotional":"5","applyMinToMarket":true,"maxNotional":"9000000","applyMaxToMarket":false,"avgPriceMins":5},` +
		`{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"5","askMultiplierDown":"0.2","avgPriceMins":5},` +
		`{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},` +
		`{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10},` +
		`{"filterType":"MAX_POSITION","maxPosition":"10"}]`
	d.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":`+all+`}`)
	got := d.must("GET", "/x/v1/symbols/BTCUSDT", "")
	if want := `"filters":` + all + `,`; !strings.Contains(got, want) {
		t.Errorf("set\n%s\nand got\n%s", want, got)
	}
	want := msg.Filters{
		MinPrice: 1, MaxPrice: 100_000_000, MinQty: 1, MaxQty: 900_000_000, StepQty: 1, MarketMaxQty: 10_000_000,
		MinNotional: 5e8, MaxNotional: 9e14, MinToMarket: true, AvgMins: 5,
		BidMultiplierUp: 5e8, BidMultiplierDown: 2e7, AskMultiplierUp: 5e8, AskMultiplierDown: 2e7,
		MaxOrders: 200, MaxAmends: 10, MaxPosition: 10e8,
	}
	s, _ := d.exchange.views.SymbolByID(1)
	if diff := cmp.Diff(want, s.Spec.Filters); diff != "" {
		t.Errorf("filters: %s", diff)
	}
	d.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":[{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5}]}`)
	s, _ = d.exchange.views.SymbolByID(1)
	if s.Spec.Filters != (msg.Filters{}) {
		t.Errorf("what is not among the filters is still on: %+v", s.Spec.Filters)
	}
}

// TestBadFilters sets filters that make no sense.
func TestBadFilters(t *testing.T) {
	d := newDesk(t)
	d.market()
	for _, c := range []struct{ filters, code, field string }{
		{`[5]`, "WRONG_TYPE", "filters.0"},
		{`{}`, "WRONG_TYPE", "filters"},
		{`[{}]`, "UNKNOWN_FILTER", "filters.0.filterType"},
		{`[{"filterType":"ICEBERG_PARTS","limit":10}]`, "UNKNOWN_FILTER", "filters.0.filterType"},
		{`[{"filterType":"LOT_SIZE"},{"filterType":"LOT_SIZE"}]`, "DUPLICATE_FILTER", "filters.1.filterType"},
		{`[{"filterType":"LOT_SIZE","minPrice":"1"}]`, "UNKNOWN_FIELD", "filters.0.minPrice"},
		{`[{"filterType":"LOT_SIZE","minQty":1}]`, "WRONG_TYPE", "filters.0.minQty"},
		{`[{"filterType":"PRICE_FILTER","minPrice":"0.015"}]`, "PRICE_NOT_ON_TICK", "filters.0.minPrice"},
		{`[{"filterType":"PRICE_FILTER","minPrice":""}]`, "INVALID_DECIMAL", "filters.0.minPrice"},
		{`[{"filterType":"PRICE_FILTER","maxPrice":"99999999999999999999"}]`, "OUT_OF_RANGE", "filters.0.maxPrice"},
		{`[{"filterType":"PRICE_FILTER","tickSize":"0.02"}]`, "PRICE_NOT_ON_TICK", "filters.0.tickSize"},
		{`[{"filterType":"LOT_SIZE","stepSize":"0.000001"}]`, "QUANTITY_NOT_ON_LOT", "filters.0.stepSize"},
		{`[{"filterType":"LOT_SIZE","minQty":"2","maxQty":"1"}]`, "INVALID_FILTER", "filters"},
		{`[{"filterType":"NOTIONAL","minNotional":"0.000000001"}]`, "TOO_MANY_DECIMALS", "filters.0.minNotional"},
		{`[{"filterType":"NOTIONAL","avgPriceMins":61}]`, "OUT_OF_RANGE", "filters.0.avgPriceMins"},
		{`[{"filterType":"NOTIONAL","avgPriceMins":5},{"filterType":"PERCENT_PRICE_BY_SIDE","avgPriceMins":1}]`, "INVALID_FILTER", "filters.1.avgPriceMins"},
		{`[{"filterType":"MAX_NUM_ORDERS","maxNumOrders":-1}]`, "OUT_OF_RANGE", "filters.0.maxNumOrders"},
		{`[{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":65536}]`, "OUT_OF_RANGE", "filters.0.maxNumOrderAmends"},
	} {
		status, answer := d.ask("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":`+c.filters+`}`)
		if status != 400 || !strings.HasPrefix(answer, `{"code":"`+c.code+`","field":"`+c.field+`",`) {
			t.Errorf("%s: %d %s, want %s of %s", c.filters, status, answer, c.code, c.field)
		}
	}
}
