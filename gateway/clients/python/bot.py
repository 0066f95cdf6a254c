"""The suite: a freqtrade bot in dry run, unchanged, trades by the book of the exchange.
It is started with a configuration that names the exchange's addresses, is watched
through its own REST interface, and stopped. Market data are compared with what the
exchange says, trades with the book and the candles they were made by."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.request import Request, urlopen

from checks import begin, end, eventually, holds, part, same

URL, WS = os.environ["EXCHANGE_URL"], os.environ["EXCHANGE_WS"]
PAIR, SYMBOL = "BTC/USDT", "BTCUSDT"
WALLET = 1000.0
STAKE = 100
USER, PASSWORD = "watcher", "not-a-secret"
ROUND_TRIPS = 2  # that the bot makes before it is stopped
MINUTE = 60_000


def do(what: str, **more):
    """Have whoever runs this do something."""
    print(json.dumps({"do": what, **more}), flush=True)
    if json.loads(sys.stdin.readline())["done"] != what:
        raise RuntimeError(f"{what} was not done")


def public(path: str):
    """Ask the exchange."""
    with urlopen(f"{URL}/api/v3/{path}") as answer:
        return json.load(answer)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def configuration(port: int, folder: Path) -> dict:
    """Return the bot's configuration. Only the addresses are not the usual ones."""
    api = {"public": f"{URL}/api/v3", "private": f"{URL}/api/v3", "v1": f"{URL}/api/v1", "sapi": f"{URL}/sapi/v1", "fapiPublic": f"{URL}/fapi/v1", "dapiPublic": f"{URL}/dapi/v1"}
    ccxt = {"urls": {"api": {**api, "ws": {"spot": f"{WS}/ws", "ws-api": {"spot": f"{WS}/ws-api/v3"}}}}}
    return {
        "bot_name": "check", "dry_run": True, "dry_run_wallet": WALLET, "stake_currency": "USDT", "stake_amount": STAKE, "tradable_balance_ratio": 1, "max_open_trades": 1, "initial_state": "running",
        "db_url": f"sqlite:///{folder}/trades.sqlite",
        "exchange": {"name": "binance", "key": "", "secret": "", "ccxt_config": ccxt, "pair_whitelist": [PAIR], "pair_blacklist": []},
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "pairlists": [{"method": "StaticPairList"}], "internals": {"process_throttle_secs": 1},
        "api_server": {"enabled": True, "listen_ip_address": "127.0.0.1", "listen_port": port, "username": USER, "password": PASSWORD, "jwt_secret_key": "0" * 32, "ws_token": "0" * 32},
    }


class Bot:
    """A bot at work, and what it says of itself."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.log = folder / "bot.log"
        (folder / "user").mkdir()
        config = folder / "config.json"
        config.write_text(json.dumps(configuration(self.port, folder)))
        here = Path(__file__).parent
        self.process = subprocess.Popen(
            [sys.executable, "-m", "freqtrade", "trade", "--verbose", "--config", config, "--strategy", "RoundTrip", "--strategy-path", here / "strategies", "--userdir", folder / "user", "--logfile", self.log],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    def ask(self, path: str):
        """Ask the bot, or return nothing while it cannot answer."""
        credentials = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        try:
            with urlopen(Request(f"http://127.0.0.1:{self.port}/api/v1/{path}", headers={"Authorization": f"Basic {credentials}"})) as answer:
                return json.load(answer)
        except OSError:
            if self.process.poll() is not None:
                raise RuntimeError(f"the bot has ended: {self.log.read_text()}") from None
            return None

    def closed(self) -> list[dict]:
        """Return the trades that are over, the oldest first."""
        return [t for t in (self.ask("trades?limit=50") or {"trades": []})["trades"] if not t["is_open"]]

    def stop(self) -> int:
        """End the bot as its owner would, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def troubles(self) -> list[str]:
        """Return the lines of its log that tell of a trouble."""
        return [line for line in self.log.read_text().splitlines() if re.search(r" - (WARNING|ERROR|CRITICAL) - |Traceback", line)]


@contextmanager
def running(folder: Path):
    """Start a bot, and leave none behind. If something is wrong its log tells what."""
    bot = Bot(folder)
    try:
        yield bot
    except Exception:
        sys.stderr.write(bot.log.read_text())
        raise
    finally:
        if bot.process.poll() is None:
            bot.process.kill()
            bot.process.wait()


def started(bot: Bot):
    """The bot has loaded the markets and runs."""
    config = eventually("the bot", lambda: bot.ask("show_config"), 60)
    same("bot runs", [config["state"], config["dry_run"], config["exchange"], config["timeframe"]], ["running", True, "binance", "1m"])
    same("bot has the pair", bot.ask("whitelist")["whitelist"], [PAIR])
    same("bot has its wallet", bot.ask("balance")["starting_capital"], WALLET)


def candles(bot: Bot, road: str):
    """The candles that the bot works with are those of the exchange."""
    answer = eventually("candles of the bot", lambda: bot.ask("pair_candles?pair=BTC/USDT&timeframe=1m&limit=50"))
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["data"]]
    ours = {bar[0]: bar for bar in public(f"klines?symbol={SYMBOL}&interval=1m")}
    got = [[r["__date_ts"], r["open"], r["high"], r["low"], r["close"], r["volume"]] for r in rows]
    holds(f"bot has candles {road}", len(got) > 0, got, "at least one")
    same(f"bot has the candles of the exchange {road}", got, [[t, *(float(v) for v in ours[t][1:6])] for t, *_ in got])


def trades(bot: Bot):
    """The bot has bought and sold by the book: at prices of the minutes, for the fee of the exchange."""
    closed = bot.closed()[:ROUND_TRIPS]
    bars = {bar[0]: bar for bar in public(f"klines?symbol={SYMBOL}&interval=1m&limit=1000")}

    def near(ms: int, price: float) -> bool:
        around = [bars[t] for t in (ms // MINUTE * MINUTE - MINUTE, ms // MINUTE * MINUTE) if t in bars]
        return min(float(b[3]) for b in around) * 0.999 <= price <= max(float(b[2]) for b in around) * 1.001

    prices = [(t["open_timestamp"], t["open_rate"]) for t in closed] + [(t["close_timestamp"], t["close_rate"]) for t in closed]
    holds("bot trades at prices of the market", all(near(*p) for p in prices), prices, "within the candles of their minutes")
    same("bot trades its stake", [round(t["amount"] * t["open_rate"] / STAKE, 2) for t in closed], [1.0] * ROUND_TRIPS)
    same("bot pays the fee of the exchange", [(t["fee_open"], t["fee_close"]) for t in closed], [(0.001, 0.001)] * ROUND_TRIPS)
    same("bot fills its orders", [[(o["ft_order_side"], o["status"], o["remaining"]) for o in t["orders"]] for t in closed], [[("buy", "closed", 0.0), ("sell", "closed", 0.0)]] * ROUND_TRIPS)


def run(folder: Path):
    """Have traders trade, and the bot among them, first on candles over REST and then on
    those of a stream."""
    do("busy", symbol=SYMBOL, traders=2)
    eventually("a candle that is complete", lambda: len(public(f"klines?symbol={SYMBOL}&interval=1m")) > 1, 90)
    with running(folder) as bot:
        started(bot)
        eventually("round trips", lambda: len(bot.closed()) >= ROUND_TRIPS, 90)
        candles(bot, "over REST")
        trades(bot)
        eventually("candles of the stream in use", lambda: f"watch result for {PAIR}" in bot.log.read_text(), 150)
        eventually("one more candle", lambda: bot.ask("pair_candles?pair=BTC/USDT&timeframe=1m&limit=50")["length"] > 1, 90)
        candles(bot, "over a stream")
        same("bot ends as it is told", bot.stop(), 128 + signal.SIGINT)
    do("calm")
    same("bot has no trouble", bot.troubles(), [])


begin("freqtrade", version("freqtrade"))
with part("freqtrade"), tempfile.TemporaryDirectory() as temporary:
    run(Path(temporary))
sys.exit(end())
