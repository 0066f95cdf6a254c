"""python-binance over REST: Alice rests, Bob takes, and both are followed to the last unit."""

import time
from decimal import Decimal

from binance import Client
from binance.exceptions import BinanceAPIException

from checks import holds, refused, same
from purse import Purse, decimal
from venue import FUNDS, key

SYMBOL = "BTCUSDT"
ZERO = "0.00000000"
MINUTE = 60_000


def now() -> int:
    return time.time_ns() // 1_000_000


class Rest:
    """Two accounts, what they must have, and what they have traded."""

    def __init__(self):
        self.alice = Client(*key("ALICE"))
        self.bob = Client(*key("BOB"))
        self.purses = {"maker": Purse(FUNDS), "taker": Purse(FUNDS)}
        self.tape: list[dict] = []

    def run(self):
        """Run all checks over REST."""
        self.general()
        self.funding()
        self.orders()
        self.refusals()
        self.queries()
        self.changes()
        self.history()
        self.market()
        self.tickers()
        self.wallet()
        self.keys()

    def balances(self, when: str):
        for name, client in {"maker": self.alice, "taker": self.bob}.items():
            got = [b for b in client.get_account()["balances"] if b["asset"] in FUNDS]
            same(f"rest balances of the {name} {when}", sorted(got, key=lambda b: b["asset"]), self.purses[name].list())

    def traded(self, maker_side: str, price: str, qty: str, order: dict):
        self.purses["maker"].trade(maker_side, price, qty, True)
        self.purses["taker"].trade("SELL" if maker_side == "BUY" else "BUY", price, qty, False)
        fill = order["fills"][-1]
        self.tape.append({"maker_side": maker_side, "price": price, "qty": qty, "id": fill["tradeId"], "time": order["transactTime"]})

    def general(self):
        c = self.alice
        same("rest ping", c.ping(), {})
        before = now()
        server = c.get_server_time()["serverTime"]
        holds("rest server time", before <= server <= now(), server, f"{before} to now")
        info = c.get_exchange_info()
        same("rest symbols", [s["symbol"] for s in info["symbols"]], ["BTCUSDT", "ETHUSDT", "ETHBTC"])
        symbol = c.get_symbol_info(SYMBOL)
        same("rest symbol", symbol, info["symbols"][0])
        same("rest first filter", symbol["filters"][0], {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "1000000.00000000", "tickSize": "0.01000000"})
        same("rest system status", c.get_system_status(), {"status": 0, "msg": "normal"})
        same("rest empty book", c.get_order_book(symbol=SYMBOL), {"lastUpdateId": 0, "bids": [], "asks": []})
        same("rest no trades", c.get_recent_trades(symbol=SYMBOL), [])

    def funding(self):
        a = self.alice.get_account()
        same("rest account", [a["accountType"], a["canTrade"], a["permissions"], a["makerCommission"], a["commissionRates"]["taker"]], ["SPOT", True, ["SPOT"], 10, "0.00100000"])
        self.balances("at first")
        same("rest balance of an asset", self.alice.get_asset_balance(asset="BTC"), {"asset": "BTC", "free": FUNDS["BTC"], "locked": ZERO})

    def orders(self):
        bid = self.alice.order_limit_buy(symbol=SYMBOL, quantity=0.5, price="60000.00", newClientOrderId="bid-1")
        self.purses["maker"].lock("USDT", "30000")
        same("rest limit order", bid, self.result(bid, "BUY", "LIMIT", "GTC", "60000.00000000", "0.50000000", "NEW", clientOrderId="bid-1"))
        ask = self.alice.order_limit_sell(symbol=SYMBOL, quantity="0.4", price="60010", newOrderRespType="ACK")
        self.purses["maker"].lock("BTC", "0.4")
        same("rest limit order, ACK", sorted(ask), ["clientOrderId", "orderId", "orderListId", "symbol", "transactTime"])
        holds("rest client order id of the library", ask["clientOrderId"].startswith("x-HNA2TXFJ"), ask["clientOrderId"], "x-HNA2TXFJ…")
        ioc = self.bob.order_limit_buy(symbol=SYMBOL, quantity="0.1", price="60010", timeInForce="IOC")
        self.traded("SELL", "60010", "0.1", ioc)
        same("rest order filled at once", ioc, self.result(ioc, "BUY", "LIMIT", "IOC", "60010.00000000", "0.10000000", "FILLED", "0.10000000", "6001.00000000",
                                                           fills=[self.fill("60010.00000000", "0.10000000", "0.00010000", "BTC", ioc)]))
        market = self.bob.order_market_sell(symbol=SYMBOL, quantity=0.2)
        self.traded("BUY", "60000", "0.2", market)
        same("rest market order", market, self.result(market, "SELL", "MARKET", "GTC", ZERO, "0.20000000", "FILLED", "0.20000000", "12000.00000000",
                                                      fills=[self.fill("60000.00000000", "0.20000000", "12.00000000", "USDT", market)]))
        cost = self.bob.order_market_buy(symbol=SYMBOL, quoteOrderQty=12002.5)
        self.traded("SELL", "60010", "0.2", cost)
        same("rest market order by cost", cost, self.result(cost, "BUY", "MARKET", "GTC", ZERO, "0.20000000", "FILLED", "0.20000000", "12002.00000000",
                                                            origQuoteOrderQty="12002.50000000", fills=[self.fill("60010.00000000", "0.20000000", "0.00020000", "BTC", cost)]))
        fok = self.bob.create_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="FOK", quantity=3, price=60010)
        same("rest order that is not filled at once", [fok["status"], fok["expiryReason"], fok["fills"]], ["EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED", []])
        self.balances("after orders")
        self.bid, self.ask, self.ioc = bid, ask, ioc

    @staticmethod
    def result(got, side, kind, tif, price, qty, status, executed=ZERO, quote=ZERO, fills=(), **more):
        return {
            "symbol": SYMBOL, "orderId": got["orderId"], "orderListId": -1, "clientOrderId": got["clientOrderId"], "transactTime": got["transactTime"], "price": price, "origQty": qty,
            "executedQty": executed, "origQuoteOrderQty": ZERO, "cummulativeQuoteQty": quote, "status": status, "timeInForce": tif, "type": kind, "side": side,
            "workingTime": got["transactTime"], "selfTradePreventionMode": "EXPIRE_MAKER", "fills": list(fills), **more,
        }

    @staticmethod
    def fill(price, qty, commission, asset, got):
        return {"price": price, "qty": qty, "commission": commission, "commissionAsset": asset, "tradeId": got["fills"][0]["tradeId"]}

    def refusals(self):
        order = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": 1, "price": 50000}
        for name, change, code, text in [
            ("a price off the tick", {"price": "50000.005"}, -1013, "Filter failure: PRICE_FILTER"),
            ("a quantity off the lot", {"quantity": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
            ("a cost too small", {"quantity": "0.00005"}, -1013, "Filter failure: NOTIONAL"),
            ("an unknown symbol", {"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
            ("an unknown side", {"side": "HOLD"}, -1117, "Invalid side."),
            ("what the account cannot pay", {"side": "SELL", "price": 70000, "quantity": 120}, -2010, "Account has insufficient balance for requested action."),
            ("a client order id that is open", {"newClientOrderId": "bid-1"}, -2010, "Duplicate order sent."),
        ]:
            client = self.alice if "id" in name else self.bob
            with refused(f"rest refuses {name}", BinanceAPIException, code, text):
                client.create_order(**{**order, **change})
        with refused("rest refuses a maker that would take", BinanceAPIException, -2010, "Order would immediately match and take."):
            self.bob.create_order(symbol=SYMBOL, side="BUY", type="LIMIT_MAKER", quantity=1, price=60010)
        with refused("rest refuses a stop order", BinanceAPIException, -2010, "Stop loss limit orders are not supported for this symbol."):
            self.bob.create_order(symbol=SYMBOL, side="SELL", type="STOP_LOSS_LIMIT", timeInForce="GTC", quantity=1, price=49000, stopPrice=50000)
        same("rest test order", self.bob.create_test_order(**order), {})
        self.balances("after refusals")

    def queries(self):
        c = self.alice
        by_id = c.get_order(symbol=SYMBOL, orderId=self.bid["orderId"])
        same("rest order by id", by_id, {
            **{k: v for k, v in self.bid.items() if k not in ("transactTime", "fills")}, "executedQty": "0.20000000", "cummulativeQuoteQty": "12000.00000000", "status": "PARTIALLY_FILLED",
            "stopPrice": ZERO, "icebergQty": ZERO, "time": self.bid["transactTime"], "updateTime": self.tape[1]["time"], "isWorking": True,
        })
        same("rest order by client order id", c.get_order(symbol=SYMBOL, origClientOrderId="bid-1"), by_id)
        same("rest open orders", [o["orderId"] for o in c.get_open_orders(symbol=SYMBOL)], [self.bid["orderId"], self.ask["orderId"]])
        same("rest open orders of all symbols", c.get_open_orders(), c.get_open_orders(symbol=SYMBOL))
        same("rest all orders", c.get_all_orders(symbol=SYMBOL), c.get_open_orders(symbol=SYMBOL))
        same("rest all orders, a limit", c.get_all_orders(symbol=SYMBOL, orderId=self.ask["orderId"], limit=1), c.get_open_orders(symbol=SYMBOL)[1:])
        with refused("rest refuses a query of an unknown order", BinanceAPIException, -2013, "Order does not exist."):
            c.get_order(symbol=SYMBOL, orderId=987654321)
        same("rest order lists", c.get_open_oco_orders(), [])
        counts = c.get_current_order_count()
        same("rest order counts", [(n["interval"], n["intervalNum"], n["limit"]) for n in counts], [("SECOND", 10, 100), ("DAY", 1, 200000)])

    def changes(self):
        c = self.alice
        first = c.order_limit_buy(symbol=SYMBOL, quantity=1, price=55000)
        again = c.cancel_replace_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity=2, price=55001, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=first["orderId"])
        same("rest cancel and replace", [again["cancelResult"], again["newOrderResult"], again["cancelResponse"]["orderId"], again["newOrderResponse"]["price"]],
             ["SUCCESS", "SUCCESS", first["orderId"], "55001.00000000"])
        with refused("rest cancels nothing twice", BinanceAPIException, -2011, "Unknown order sent."):
            c.cancel_order(symbol=SYMBOL, orderId=first["orderId"])
        gone = c.cancel_order(symbol=SYMBOL, orderId=again["newOrderResponse"]["orderId"], newClientOrderId="gone")
        same("rest cancel", [gone["status"], gone["clientOrderId"], gone["origClientOrderId"]], ["CANCELED", "gone", again["newOrderResponse"]["clientOrderId"]])
        ids = [o["orderId"] for o in c.get_open_orders(symbol=SYMBOL)]
        same("rest cancel all", [(o["orderId"], o["status"]) for o in c.cancel_all_open_orders(symbol=SYMBOL)], [(i, "CANCELED") for i in ids])
        self.purses["maker"].lock("USDT", "-18000")
        self.purses["maker"].lock("BTC", "-0.1")
        self.balances("after cancels")
        resting = c.order_limit_sell(symbol=SYMBOL, quantity=1, price=61000)
        own = c.create_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity=1, price=61000, selfTradePreventionMode="EXPIRE_BOTH")
        matches = c.get_prevented_matches(symbol=SYMBOL, orderId=own["orderId"])
        same("rest prevented match", [(m["takerOrderId"], m["makerOrderId"], m["price"], m["selfTradePreventionMode"]) for m in matches],
             [(own["orderId"], resting["orderId"], "61000.00000000", "EXPIRE_BOTH")])
        same("rest both are gone", c.get_open_orders(), [])

    def history(self):
        def wanted(role: str, got: list[dict]) -> list[dict]:
            rows = []
            for t, g in zip(self.tape, got, strict=True):
                maker = role == "maker"
                buyer = (t["maker_side"] == "BUY") == maker
                quote = Decimal(t["price"]) * Decimal(t["qty"])
                rows.append({
                    "symbol": SYMBOL, "id": t["id"], "orderId": g["orderId"], "orderListId": -1, "price": decimal(Decimal(t["price"])), "qty": decimal(Decimal(t["qty"])), "quoteQty": decimal(quote),
                    "commission": decimal((Decimal(t["qty"]) if buyer else quote) * Decimal("0.001")), "commissionAsset": "BTC" if buyer else "USDT", "time": t["time"],
                    "isBuyer": buyer, "isMaker": maker, "isBestMatch": True,
                })
            return rows

        for role, client in {"maker": self.alice, "taker": self.bob}.items():
            got = client.get_my_trades(symbol=SYMBOL)
            same(f"rest own trades of the {role}", got, wanted(role, got))
        same("rest own trades from an id", [t["id"] for t in self.bob.get_my_trades(symbol=SYMBOL, fromId=self.tape[1]["id"])], [t["id"] for t in self.tape[1:]])
        same("rest own trades of an order", [t["id"] for t in self.bob.get_my_trades(symbol=SYMBOL, orderId=self.ioc["orderId"])], [self.tape[0]["id"]])

    def market(self):
        c = self.alice
        trades = [{
            "id": t["id"], "price": decimal(Decimal(t["price"])), "qty": decimal(Decimal(t["qty"])), "quoteQty": decimal(Decimal(t["price"]) * Decimal(t["qty"])), "time": t["time"],
            "isBuyerMaker": t["maker_side"] == "BUY", "isBestMatch": True,
        } for t in self.tape]
        same("rest recent trades", c.get_recent_trades(symbol=SYMBOL), trades)
        same("rest historical trades", c.get_historical_trades(symbol=SYMBOL, fromId=trades[1]["id"]), trades[1:])
        agg = c.get_aggregate_trades(symbol=SYMBOL)
        same("rest aggregated trades", agg, [{"a": agg[0]["a"] + i, "p": t["price"], "q": t["qty"], "f": t["id"], "l": t["id"], "T": t["time"], "m": t["isBuyerMaker"], "M": True} for i, t in enumerate(trades)])
        same("rest iterates over aggregated trades", list(c.aggregate_trade_iter(symbol=SYMBOL, last_id=agg[0]["a"])), agg[1:])
        bars = self.bars(trades)
        start, stop = bars[0][0], trades[-1]["time"]
        same("rest klines", c.get_klines(symbol=SYMBOL, interval="1m", startTime=start, endTime=stop), bars)
        same("rest uiKlines", c.get_ui_klines(symbol=SYMBOL, interval="1m", startTime=start, endTime=stop), bars)
        same("rest historical klines", c.get_historical_klines(SYMBOL, "1m", start, stop), bars)
        c.order_limit_buy(symbol=SYMBOL, quantity=1, price=59000)
        c.order_limit_buy(symbol=SYMBOL, quantity=2, price=58000)
        c.order_limit_sell(symbol=SYMBOL, quantity=3, price=61000)
        book = c.get_order_book(symbol=SYMBOL, limit=5)
        same("rest book", [book["bids"], book["asks"]], [[["59000.00000000", "1.00000000"], ["58000.00000000", "2.00000000"]], [["61000.00000000", "3.00000000"]]])
        best = {"symbol": SYMBOL, "bidPrice": "59000.00000000", "bidQty": "1.00000000", "askPrice": "61000.00000000", "askQty": "3.00000000"}
        same("rest best prices", c.get_orderbook_ticker(symbol=SYMBOL), best)
        same("rest best prices of all symbols", c.get_orderbook_tickers()[0], best)
        c.cancel_all_open_orders(symbol=SYMBOL)

    @staticmethod
    def bars(trades: list[dict]) -> list[list]:
        bars = []
        for start in range(trades[0]["time"] // MINUTE * MINUTE, trades[-1]["time"] + 1, MINUTE):
            inside = [t for t in trades if start <= t["time"] < start + MINUTE]
            prices = [Decimal(t["price"]) for t in inside] or [Decimal(bars[-1][4])]
            buys = [t for t in inside if not t["isBuyerMaker"]]

            def total(rows, field):
                return decimal(sum((Decimal(t[field]) for t in rows), Decimal(0)))

            bars.append([start, decimal(prices[0]), decimal(max(prices)), decimal(min(prices)), decimal(prices[-1]), total(inside, "qty"), start + MINUTE - 1, total(inside, "quoteQty"),
                         len(inside), total(buys, "qty"), total(buys, "quoteQty"), "0"])
        return bars

    def tickers(self):
        c = self.alice
        base = sum(Decimal(t["qty"]) for t in self.tape)
        quote = sum(Decimal(t["price"]) * Decimal(t["qty"]) for t in self.tape)
        want = {"openPrice": "60010.00000000", "highPrice": "60010.00000000", "lowPrice": "60000.00000000", "lastPrice": "60010.00000000", "volume": decimal(base), "quoteVolume": decimal(quote),
                "priceChange": ZERO, "count": 3, "firstId": self.tape[0]["id"], "lastId": self.tape[-1]["id"]}
        day = c.get_ticker(symbol=SYMBOL)
        same("rest day ticker", {k: day[k] for k in want}, want)
        same("rest day tickers", [t["symbol"] for t in c.get_ticker()], ["BTCUSDT", "ETHUSDT", "ETHBTC"])
        window = c.get_symbol_ticker_window(symbol=SYMBOL, windowSize="1h")
        same("rest rolling ticker", {k: window[k] for k in want}, want)
        same("rest price", c.get_symbol_ticker(symbol=SYMBOL), {"symbol": SYMBOL, "price": "60010.00000000"})
        same("rest prices", c.get_all_tickers()[0], {"symbol": SYMBOL, "price": "60010.00000000"})
        average = c.get_avg_price(symbol=SYMBOL)
        same("rest average price", average, {"mins": 5, "price": decimal((quote / base).quantize(Decimal("0.00000001"), "ROUND_DOWN")), "closeTime": self.tape[-1]["time"]})

    def wallet(self):
        c = self.alice
        same("rest trade fee", c.get_trade_fee(symbol=SYMBOL), [{"symbol": SYMBOL, "makerCommission": "0.00100000", "takerCommission": "0.00100000"}])
        same("rest deposits and withdrawals", [c.get_deposit_history(), c.get_withdraw_history()], [[], []])
        listen = c.stream_get_listen_key()
        holds("rest listen key", len(listen) == 64 and listen.isalnum(), listen, "64 letters and digits")
        same("rest listen key is extended and closed", [c.stream_keepalive(listen), c.stream_close(listen)], [{}, {}])

    def keys(self):
        known, secret = key("ALICE")
        with refused("rest refuses a wrong secret", BinanceAPIException, -1022, "Signature for this request is not valid."):
            Client(known, secret + "x").get_account()
        with refused("rest refuses an unknown key", BinanceAPIException, -2015, "Invalid API-key, IP, or permissions for action."):
            Client("x" * 64, secret).get_account()
        late = Client(known, secret)
        late.timestamp_offset = -60_000
        with refused("rest refuses what is late", BinanceAPIException, -1021, "Timestamp for this request is outside of the recvWindow."):
            late.get_account()
        late.timestamp_offset = 10_000
        with refused("rest refuses what is early", BinanceAPIException, -1021, "Timestamp for this request was 1000ms ahead of the server's time."):
            late.get_account()
        fine = Client(known, secret, time_unit="MICROSECOND")
        order = self.alice.get_all_orders(symbol=SYMBOL, limit=1)[0]
        same("rest times in microseconds", fine.get_order(symbol=SYMBOL, orderId=order["orderId"])["time"] // 1000, order["time"])
