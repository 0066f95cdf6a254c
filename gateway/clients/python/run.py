"""The suite: python-binance, unchanged, against an exchange that nobody else uses.
The environment says where that is; what it prints is described in
cmd/exchange/clients_test.go."""

import asyncio
import sys
from importlib.metadata import version

import rest
import sockets
from checks import begin, end, part
from venue import point

begin("python-binance", version("python-binance"))
point()
with part("rest"):
    rest.Rest().run()
with part("sockets"):
    asyncio.run(sockets.run())
sys.exit(end())
