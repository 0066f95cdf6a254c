package main

const serveHelp = `serve runs the exchange on one port:

  /api/v3             the public API over HTTP: market data, orders, accounts
  /ws, /stream        market data over websockets, and user data by a listenKey
  /sapi, /fapi, /dapi what clients ask for beside it: rates, and nothing more
  /ws-api/v3          the public API and user data over a websocket
  /x/v1               the operator: accounts, keys, balances, symbols, auctions
  /health, /ready     probes
  /metrics            metrics in the format of Prometheus

The public part speaks the Binance Spot wire format, with which this project is not
affiliated. When all is ready one line for each of these is printed, and where the
operator's token is: in the environment variable EXCHANGE_ADMIN_TOKEN, or in
DIR/admin.token, which is made if need be. Requests to /x/v1 carry the header
"Authorization: Bearer TOKEN"; /metrics needs it unless the machine itself asks.

By default it listens to this machine only, and speaks plain HTTP. With --tls-cert and
--tls-key it speaks HTTPS and WSS instead, TLS 1.2 or later; to listen to other machines
without them is warned of.

An empty exchange begins with the markets BTCUSDT, ETHUSDT and ETHBTC. Nothing is
answered or shown before it is durable; after a crash the next start goes on exactly
there. SIGINT or SIGTERM lets what is under way come to its end, takes a snapshot
and exits with 0; a second signal exits at once. An error of the disk is final: the
exchange says so and exits with 1, and nothing that was not durable was answered.

The room on the disk is watched. With less than --reserve free, orders and whatever
else can wait are refused (503: -1008, or STORAGE_LOW), and cancels and reads go on:
for them as much was taken in advance, in DIR/ballast, which is given back to the disk
when a quarter of --reserve is all that is free beside it. When there is room again all
is as before, by itself. /x/v1/status, /ready and the metrics exchange_storage_low and
exchange_storage_free_bytes say how it stands. What the system refuses otherwise, such
as a quota of the user or a limit on the size of files, is an error of the disk.

A command that makes the program panic is recorded in DIR/crash, a JSON object a line:
its hash and bytes, where it stood, and the stack. When it has done so twice, this build
does not start any more, and says which command it is; another build does. A command
that was not journalled yet can be refused by its hash, with --bar-command, which is
recorded there as well. One that is in the journal is never left out.

With --demo two funded accounts are made, alice and bob, and a line
"key NAME KEY SECRET" is printed for each; simulated traders make a market on all
symbols, over HTTP and websockets like anybody.

With --allow-reset a POST to /x/v1/reset begins anew: journal, snapshots and keys go
to DIR/reset-TIME. With --clock sim the time of the exchange stands until a POST to
/x/v1/clock advances it, and a restart goes on with the time of the last command;
signed requests are held against the real clock all the same.

All of the journal is kept, unless --retain says what may go: 30d keeps the commands of
the last thirty days before the last one, 1000000commands that many, and with 10GiB the
oldest segments go while the journal is larger than that. It is looked at after each
snapshot. Whole segments go, only such as lie before both snapshots, and only after both
have been read again; each removal is logged. What is gone cannot be replayed, audited,
exported or debugged any more: the past then begins with the older snapshot, what traders
are told of their history does not change, and a build whose views are of another version
cannot rebuild them. "exchange copy" before that keeps a whole one. "exchange journal ls DIR
--retain …" says what would go.

With --rate-limits an address over its weight or its requests is answered 429 until
the window ends, and one that goes on is banned: 418 whatever it asks of the public
API, with the end of it in Retry-After (HTTP) or error.data (websocket API). Bans last
from --rate-ban to --rate-ban-max, each twice as long as the last one of the address.
The operator's part has no such limits.

The file of --config is TOML. Its keys are the flags below without the dashes; what
is also given on the command line comes from there:

  data = "/var/lib/exchange"
  listen = "127.0.0.1:8080"
  sync = "always"
  max-orders = 500000
  connections-per-ip = "none"
  stall-timeout = "5s"
  rate-limits = true`

const serveExample = `  exchange serve
  exchange serve --demo
  exchange serve --data /var/lib/exchange --config exchange.toml
  exchange serve --data "$(mktemp -d)" --listen 127.0.0.1:0 --clock sim --allow-reset`
