"""The exchange as the environment names it, and python-binance pointed at it."""

import os

from binance import BinanceSocketManager
from binance.base_client import BaseClient
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from binance.ws.websocket_api import WebsocketAPI

URL = os.environ["EXCHANGE_URL"]
WS = os.environ["EXCHANGE_WS"]

FUNDS = {"BTC": "100.00000000", "ETH": "1000.00000000", "USDT": "10000000.00000000"}


def key(name: str) -> tuple[str, str]:
    """Return the key and the secret of an account."""
    return os.environ[f"KEY_{name}"], os.environ[f"SECRET_{name}"]


def point():
    """Point the library here. It has no option for that: its classes know the addresses."""
    BaseClient.API_URL = f"{URL}/api"
    BaseClient.MARGIN_API_URL = f"{URL}/sapi"
    BaseClient.WS_API_URL = f"{WS}/ws-api/v3"
    BinanceSocketManager.STREAM_URL = f"{WS}/"
    # A socket that is to close notices it when a message comes, or after this time.
    ReconnectingWebsocket.TIMEOUT = 0.25
    WebsocketAPI.TIMEOUT = 3  # also that of a request
