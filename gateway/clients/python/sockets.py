"""python-binance over websockets: the websocket API, market streams, a book that the
library keeps, user data, and sockets in a thread."""

import asyncio
import time

from binance import AsyncClient, BinanceSocketManager, Client, DepthCacheManager, ThreadedWebsocketManager
from binance.exceptions import BinanceAPIException

from checks import PATIENCE, eventually, refused, same
from venue import key

SYMBOL = "BTCUSDT"
ORDER = {"symbol": SYMBOL, "type": "LIMIT", "timeInForce": "GTC"}


async def open_clients() -> tuple[AsyncClient, AsyncClient]:
    """Return clients of both accounts."""
    return await AsyncClient.create(*key("ALICE")), await AsyncClient.create(*key("BOB"))


async def api(alice: AsyncClient):
    """The websocket API answers as REST does."""
    same("ws ping", await alice.ws_ping(), {})
    timeless = {"serverTime", "openTime", "closeTime"}

    def bare(v):
        rows = v if isinstance(v, list) else [v]
        return [{k: x for k, x in r.items() if k not in timeless} if isinstance(r, dict) else r for r in rows]

    for name, over_socket, over_rest in [
        ("time", alice.ws_get_time(), alice.get_server_time()),
        ("exchange info", alice.ws_get_exchange_info(), alice.get_exchange_info()),
        ("book", alice.ws_get_order_book(symbol=SYMBOL), alice.get_order_book(symbol=SYMBOL)),
        ("recent trades", alice.ws_get_recent_trades(symbol=SYMBOL), alice.get_recent_trades(symbol=SYMBOL)),
        ("historical trades", alice.ws_get_historical_trades(symbol=SYMBOL, limit=2), alice.get_historical_trades(symbol=SYMBOL, limit=2)),
        ("aggregated trades", alice.ws_get_aggregate_trades(symbol=SYMBOL), alice.get_aggregate_trades(symbol=SYMBOL)),
        ("klines", alice.ws_get_klines(symbol=SYMBOL, interval="1d"), alice.get_klines(symbol=SYMBOL, interval="1d")),
        ("uiKlines", alice.ws_get_uiKlines(symbol=SYMBOL, interval="1d"), alice.get_ui_klines(symbol=SYMBOL, interval="1d")),
        ("average price", alice.ws_get_avg_price(symbol=SYMBOL), alice.get_avg_price(symbol=SYMBOL)),
        ("day ticker", alice.ws_get_ticker(symbol=SYMBOL), alice.get_ticker(symbol=SYMBOL)),
        ("rolling ticker", alice.ws_get_symbol_ticker_window(symbol=SYMBOL, windowSize="1h"), alice.get_symbol_ticker_window(symbol=SYMBOL, windowSize="1h")),
        ("price", alice.ws_get_symbol_ticker(symbol=SYMBOL), alice.get_symbol_ticker(symbol=SYMBOL)),
        ("best prices", alice.ws_get_orderbook_ticker(symbol=SYMBOL), alice.get_orderbook_ticker(symbol=SYMBOL)),
        ("account", alice.ws_get_account(), alice.get_account()),
        ("all orders", alice.ws_get_all_orders(symbol=SYMBOL), alice.get_all_orders(symbol=SYMBOL)),
        ("own trades", alice.ws_get_my_trades(symbol=SYMBOL), alice.get_my_trades(symbol=SYMBOL)),
    ]:
        same(f"ws {name}", bare(await over_socket), bare(await over_rest))
    with refused("ws refuses an unknown symbol", BinanceAPIException, -1121, "Invalid symbol."):
        await alice.ws_get_order_book(symbol="NOSUCH")


async def trading(alice: AsyncClient):
    """Orders over the websocket API."""
    placed = await alice.ws_create_order(**ORDER, side="BUY", quantity=1, price=50000, newClientOrderId="ws-1")
    same("ws order", [placed["symbol"], placed["status"], placed["price"], placed["origQty"], placed["clientOrderId"], placed["fills"]],
         [SYMBOL, "NEW", "50000.00000000", "1.00000000", "ws-1", []])
    same("ws order query", await alice.ws_get_order(symbol=SYMBOL, orderId=placed["orderId"]), await alice.get_order(symbol=SYMBOL, origClientOrderId="ws-1"))
    with refused("ws refuses an order", BinanceAPIException, -2010, "Duplicate order sent."):
        await alice.ws_create_order(**ORDER, side="BUY", quantity=1, price=50000, newClientOrderId="ws-1")
    same("ws test order", await alice.ws_create_test_order(**ORDER, side="BUY", quantity=1, price=50000), {})
    again = await alice.ws_cancel_and_replace_order(**ORDER, side="BUY", quantity=2, price=50001, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=placed["orderId"])
    same("ws cancel and replace", [again["cancelResponse"]["orderId"], again["newOrderResponse"]["price"], again["newOrderResponse"]["status"]], [placed["orderId"], "50001.00000000", "NEW"])
    other = await alice.ws_order_limit_sell(symbol=SYMBOL, quantity="0.5", price="70000")
    same("ws open orders", [o["orderId"] for o in await alice.ws_get_open_orders(symbol=SYMBOL)], [again["newOrderResponse"]["orderId"], other["orderId"]])
    gone = await alice.ws_cancel_order(symbol=SYMBOL, orderId=other["orderId"])
    same("ws cancel", [gone["orderId"], gone["status"]], [other["orderId"], "CANCELED"])
    same("ws cancel all", [(o["orderId"], o["status"]) for o in await alice.ws_cancel_all_open_orders(symbol=SYMBOL)], [(again["newOrderResponse"]["orderId"], "CANCELED")])
    with refused("ws cancels nothing twice", BinanceAPIException, -2011, "Unknown order sent."):
        # The request of before, with nothing changed, would be refused as that one come again.
        await alice.ws_cancel_order(symbol=SYMBOL, orderId=other["orderId"], newClientOrderId="twice")


async def heard(socket, found):
    """Return the first message for which a function holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await socket.recv()
            if found(message):
                return message


async def streams(alice: AsyncClient, bob: AsyncClient):
    """Market streams, raw and combined, while two orders meet."""
    bm = BinanceSocketManager(alice)
    low = SYMBOL.lower()
    async with (
        bm.trade_socket(SYMBOL) as trade, bm.aggtrade_socket(SYMBOL) as agg, bm.kline_socket(SYMBOL, "1m") as kline, bm.symbol_miniticker_socket(SYMBOL) as mini,
        bm.symbol_ticker_socket(SYMBOL) as ticker, bm.ticker_socket() as tickers, bm.symbol_book_ticker_socket(SYMBOL) as best, bm.depth_socket(SYMBOL, depth="5") as partial,
        bm.depth_socket(SYMBOL, interval=100) as diff, bm.multiplex_socket([f"{low}@trade", "!miniTicker@arr"]) as both,
    ):
        first = await best.recv()  # what is told at once; all sockets are open, so nothing after it is missed
        same("stream of best prices in an empty book", [first["b"], first["B"], first["a"], first["A"]], ["0.00000000"] * 4)
        before = (await alice.get_order_book(symbol=SYMBOL))["lastUpdateId"]
        await alice.create_order(**ORDER, side="SELL", quantity=1, price=62000)
        taken = await bob.create_order(**ORDER, side="BUY", quantity="0.25", price=62000)
        fill, day = taken["fills"][0], await alice.get_ticker(symbol=SYMBOL)
        common = {"s": SYMBOL, "p": "62000.00000000", "q": "0.25000000", "T": taken["transactTime"], "m": False, "M": True}

        def timed(message, want):
            return {**want, "E": message["E"]}

        message = await heard(trade, lambda m: m["e"] == "trade")
        same("stream of trades", message, timed(message, {"e": "trade", "t": fill["tradeId"], **common}))
        message = await heard(agg, lambda m: m["e"] == "aggTrade")
        same("stream of aggregated trades", message, timed(message, {"e": "aggTrade", "a": (await alice.get_aggregate_trades(symbol=SYMBOL))[-1]["a"], "f": fill["tradeId"], "l": fill["tradeId"], **common}))
        message = await heard(kline, lambda m: m["k"]["L"] == fill["tradeId"])
        bar, over = message["k"], message["E"] > message["k"]["T"]  # its minute may be over when it is told of
        same("stream of bars", [bar["s"], bar["i"], bar["c"], bar["x"]], [SYMBOL, "1m", "62000.00000000", over])
        message = await heard(mini, lambda m: m["v"] == day["volume"])
        same("stream of mini tickers", message, timed(message, {"e": "24hrMiniTicker", "s": SYMBOL, "c": day["lastPrice"], "o": day["openPrice"], "h": day["highPrice"], "l": day["lowPrice"], "v": day["volume"], "q": day["quoteVolume"]}))
        message = await heard(ticker, lambda m: m["n"] == day["count"])
        same("stream of tickers", [message["e"], message["c"], message["w"], message["a"], message["A"]], ["24hrTicker", day["lastPrice"], day["weightedAvgPrice"], "62000.00000000", "0.75000000"])
        rows = await heard(tickers, lambda m: any(t["s"] == SYMBOL and t["n"] == day["count"] for t in m))
        same("stream of all tickers", [t["c"] for t in rows if t["s"] == SYMBOL], [day["lastPrice"]])
        message = await heard(best, lambda m: m["u"] == before + 2)
        same("stream of best prices", message, {"u": before + 2, "s": SYMBOL, "b": "0.00000000", "B": "0.00000000", "a": "62000.00000000", "A": "0.75000000"})
        message = await heard(partial, lambda m: m["lastUpdateId"] == before + 2)
        same("stream of a part of the book", message, {"lastUpdateId": before + 2, "bids": [], "asks": [["62000.00000000", "0.75000000"]]})
        await changes(diff, before)
        message = await heard(both, lambda m: m["stream"] == f"{low}@trade")
        same("combined stream of trades", message["data"]["t"], fill["tradeId"])
        message = await heard(both, lambda m: m["stream"] == "!miniTicker@arr" and m["data"][0]["v"] == day["volume"])
        same("combined stream of mini tickers", message["data"][0]["s"], SYMBOL)
    await alice.cancel_all_open_orders(symbol=SYMBOL)


async def changes(diff, before: int):
    """The changes of the book, without a gap from the one before."""
    events = [await heard(diff, lambda m: m["e"] == "depthUpdate")]
    while events[-1]["u"] < before + 2:
        events.append(await heard(diff, lambda m: m["e"] == "depthUpdate"))
    ends = [before] + [e["u"] for e in events]
    same("stream of changes has no gap", [e["U"] for e in events], [u + 1 for u in ends[:-1]])
    same("stream of changes", [events[-1]["b"], events[-1]["a"]], [[], [["62000.00000000", "0.75000000"]]])


async def cache(alice: AsyncClient):
    """A book that the library keeps equals the one over REST."""
    async with DepthCacheManager(alice, SYMBOL, ws_interval=100) as manager:
        for i in range(40):
            side, price = ("BUY", 58000 + i % 7) if i % 2 == 0 else ("SELL", 63000 + i % 5)
            order = await alice.create_order(**ORDER, side=side, quantity=f"0.0{1 + i % 9}", price=price)
            if i % 3 == 2:
                await alice.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
        book = await alice.get_order_book(symbol=SYMBOL, limit=1000)
        want = [[[float(p), float(q)] for p, q in book[side]] for side in ("bids", "asks")]
        got = None
        async with asyncio.timeout(PATIENCE):
            while got != want:
                kept = await manager.recv()
                got = [kept.get_bids(), kept.get_asks()]
        same("book that the library keeps", got, want)
    await alice.cancel_all_open_orders(symbol=SYMBOL)


async def user(alice: AsyncClient, bob: AsyncClient):
    """What an account is told: an order rests, is filled in part, and is cancelled."""
    async with BinanceSocketManager(alice).user_socket() as socket:
        placed = await alice.create_order(**ORDER, side="SELL", quantity=1, price=64000, newClientOrderId="told")
        taken = await bob.create_order(**ORDER, side="BUY", quantity="0.25", price=64000)
        gone = await alice.cancel_order(symbol=SYMBOL, orderId=placed["orderId"], newClientOrderId="told-2")
        events = [await heard(socket, lambda m: True) for _ in range(6)]
        same("user data, kinds of events", [e["e"] for e in events], ["executionReport", "outboundAccountPosition"] * 3)
        told = [[e[k] for k in "xXcCqlzLnNtmwT"] for e in events[::2]]
        same("user data, execution reports", told, [
            ["NEW", "NEW", "told", "", "1.00000000", "0.00000000", "0.00000000", "0.00000000", "0", None, -1, False, True, placed["transactTime"]],
            ["TRADE", "PARTIALLY_FILLED", "told", "", "1.00000000", "0.25000000", "0.25000000", "64000.00000000", "16.00000000", "USDT", taken["fills"][0]["tradeId"], True, True, taken["transactTime"]],
            ["CANCELED", "CANCELED", "told-2", "told", "1.00000000", "0.00000000", "0.25000000", "0.00000000", "0", None, -1, False, False, gone["transactTime"]],
        ])
        balances = {b["asset"]: b for b in (await alice.get_account())["balances"]}
        same("user data, balances", events[5]["B"], [{"a": a, "f": balances[a]["free"], "l": balances[a]["locked"]} for a in ("BTC", "USDT")])


async def run():
    """Run all checks. A client takes some seconds to close, in which the thread is at work."""
    alice, bob = await open_clients()
    try:
        await api(alice)
        await trading(alice)
        await streams(alice, bob)
        await cache(alice)
        await user(alice, bob)
    finally:
        await asyncio.gather(alice.close_connection(), bob.close_connection(), asyncio.to_thread(threaded))


class Thread:
    """Sockets that a thread of the library listens to, and what they have heard."""

    def __init__(self):
        self.alice, self.bob = Client(*key("ALICE")), Client(*key("BOB"))
        self.heard: dict[str, list[dict]] = {"trades": [], "bars": [], "reports": []}
        self.manager = ThreadedWebsocketManager(*key("BOB"))
        self.manager.start()
        self.manager.start_trade_socket(self.heard["trades"].append, SYMBOL)
        self.manager.start_kline_socket(self.heard["bars"].append, SYMBOL)
        self.user = self.manager.start_user_socket(self.heard["reports"].append)

    def trade(self, quantity: str) -> dict:
        """Have two orders meet; the taker listens."""
        self.alice.create_order(**ORDER, side="SELL", quantity=quantity, price=65000)
        return self.bob.create_order(**ORDER, side="BUY", quantity=quantity, price=65000)

    def opened(self) -> bool:
        """Trade until all sockets hear of it; the library does not say when they are open."""
        self.trade("0.01")
        time.sleep(0.1)
        return all(self.heard.values())

    def close(self):
        """End the subscription before the manager closes the connection that it needs,
        and leave the other sockets to the manager, whose thread must have something to
        do while it closes. A socket looks up when it hears something."""
        self.manager.stop_socket(self.user)
        self.trade("0.01")
        eventually("the end of the subscription", lambda: self.user not in self.manager._socket_running)
        self.manager.stop()
        self.trade("0.01")
        self.manager.join(timeout=PATIENCE)


def threaded():
    """Check what a thread hears."""
    thread = Thread()
    eventually("the first events in the thread", thread.opened)
    taken = thread.trade("0.2")
    fill = taken["fills"][0]
    trade = eventually("the trade", lambda: [t for t in thread.heard["trades"] if t["t"] == fill["tradeId"]])[0]
    same("thread hears trades", [trade["e"], trade["p"], trade["q"]], ["trade", "65000.00000000", "0.20000000"])
    report = eventually("the report", lambda: [r for r in thread.heard["reports"] if r.get("t") == fill["tradeId"]])[0]
    same("thread hears the account", [report["e"], report["X"], report["i"], report["l"], report["n"], report["N"]],
         ["executionReport", "FILLED", taken["orderId"], "0.20000000", "0.00020000", "BTC"])
    bar = eventually("the bar", lambda: [b for b in thread.heard["bars"] if b["k"]["L"] == fill["tradeId"]])[0]
    same("thread hears bars", [bar["e"], bar["k"]["c"]], ["kline", "65000.00000000"])
    thread.close()
    same("thread ends", thread.manager.is_alive(), False)
