package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// surface is what the wire format lists: verb and path over HTTP, name in the
// websocket API ("-" for none), and whom it serves.
const surface = `
GET /api/v3/ping                        ping                      anybody
GET /api/v3/time                        time                      anybody
GET /api/v3/exchangeInfo                exchangeInfo              anybody
GET /api/v3/depth                       depth                     anybody
GET /api/v3/trades                      trades.recent             anybody
GET /api/v3/historicalTrades            trades.historical         anybody
GET /api/v3/aggTrades                   trades.aggregate          anybody
GET /api/v3/klines                      klines                    anybody
GET /api/v3/uiKlines                    uiKlines                  anybody
GET /api/v3/avgPrice                    avgPrice                  anybody
GET /api/v3/ticker                      ticker                    anybody
GET /api/v3/ticker/24hr                 ticker.24hr               anybody
GET /api/v3/ticker/tradingDay           ticker.tradingDay         anybody
GET /api/v3/ticker/price                ticker.price              anybody
GET /api/v3/ticker/bookTicker           ticker.book               anybody
GET /api/v3/order                       order.status              read
GET /api/v3/openOrders                  openOrders.status         read
GET /api/v3/allOrders                   allOrders                 read
GET /api/v3/account                     account.status            read
GET /api/v3/account/commission          account.commission        read
GET /api/v3/myTrades                    myTrades                  read
GET /api/v3/myPreventedMatches          myPreventedMatches        read
GET /api/v3/order/amendments            order.amendments          read
GET /api/v3/myFilters                   myFilters                 read
GET /api/v3/myAllocations               myAllocations             read
GET /api/v3/rateLimit/order             account.rateLimits.orders read
GET /api/v3/openOrderList               openOrderLists.status     read
GET /api/v3/allOrderList                allOrderLists             read
POST /api/v3/order                      order.place               trade
POST /api/v3/order/test                 order.test                trade
POST /api/v3/order/cancelReplace        order.cancelReplace       trade
DELETE /api/v3/order                    order.cancel              trade
DELETE /api/v3/openOrders               openOrders.cancelAll      trade
PUT /api/v3/order/amend/keepPriority    order.amend.keepPriority  trade
POST /api/v3/userDataStream             -                         key
PUT /api/v3/userDataStream              -                         key
DELETE /api/v3/userDataStream           -                         key

POST /api/v3/order/oco                  orderList.place           trade
POST /api/v3/orderList/oco              orderList.place.oco       trade
POST /api/v3/orderList/oto              orderList.place.oto       trade
POST /api/v3/orderList/otoco            orderList.place.otoco     trade
DELETE /api/v3/orderList                orderList.cancel          trade
GET /api/v3/orderList                   orderList.status          read

GET /api/v1/ping                        -                         anybody
GET /api/v1/time                        -                         anybody
GET /api/v1/exchangeInfo                -                         anybody
GET /api/v1/depth                       -                         anybody
GET /api/v1/trades                      -                         anybody
GET /api/v1/historicalTrades            -                         anybody
GET /api/v1/aggTrades                   -                         anybody
GET /api/v1/klines                      -                         anybody

GET /sapi/v1/capital/config/getall      -                         key
GET /sapi/v1/capital/deposit/hisrec     -                         key
GET /sapi/v1/capital/withdraw/history   -                         key
GET /sapi/v1/margin/allPairs            -                         key
GET /sapi/v1/margin/isolated/allPairs   -                         key
GET /sapi/v1/asset/tradeFee             -                         key
GET /sapi/v1/system/status              -                         anybody
GET /fapi/v1/exchangeInfo               -                         anybody
GET /dapi/v1/exchangeInfo               -                         anybody
`

// TestSurface holds the table of methods against the list of the wire format.
func TestSurface(t *testing.T) {
	var want, got []string
	for line := range strings.Lines(surface) {
		if f := strings.Fields(line); len(f) > 0 {
			want = append(want, strings.Join(f, " "))
		}
	}
	whom := map[Security]string{Public: "anybody", KeyOnly: "key", Signed: "signed", Read: "read", Trade: "trade"}
	for _, m := range New(Options{}).Methods() {
		name := m.Name
		if name == "" {
			name = "-"
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", m.Verb, m.Path, name, whom[m.Security]))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods (-of the wire format +there are):\n%s", diff)
	}
}
