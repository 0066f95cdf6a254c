// The suite: @binance/spot, unchanged, against an exchange that nobody else uses.
// The environment says where that is; what it prints is described in
// cmd/exchange/clients_test.go.
import { readFileSync } from 'node:fs';
import { begin, end, part } from './check.mjs';
import * as restaccount from './restaccount.mjs';
import { across } from './restart.mjs';
import * as restmarket from './restmarket.mjs';
import * as resttrade from './resttrade.mjs';
import * as streams from './streams.mjs';
import { alice } from './venue.mjs';
import * as wsapi from './wsapi.mjs';

const library = JSON.parse(readFileSync(new URL('./node_modules/@binance/spot/package.json', import.meta.url)));
begin(library.name, library.version);

await part('rest', async () => {
  await restmarket.general();
  await restmarket.quiet();
  await resttrade.funding();
  const placed = await resttrade.answers();
  await resttrade.kinds();
  await resttrade.refusals();
  await resttrade.keys();
  await resttrade.tests();
  await resttrade.cancels(await resttrade.changes());
  await restaccount.orders(placed);
  await restaccount.trades(placed);
  await restmarket.tickers(await restmarket.trades());
  await restmarket.book();
  await restaccount.preventions();
  await restaccount.facts();
  await restaccount.laterOrders();
  await resttrade.followed('at the end');
});

await part('ws', async () => {
  const credentials = await alice.ed25519();
  const ws = await wsapi.connect(credentials);
  await wsapi.market(ws);
  await wsapi.session(ws, credentials.apiKey);
  await wsapi.trading(ws);
  const other = await wsapi.told(ws);
  await Promise.all([ws.disconnect(), other.disconnect()]);
});

await part('streams', async () => {
  const c = await alice.spot.websocketStreams.connect();
  const feeds = streams.open(c);
  await streams.first(feeds);
  await streams.rested(feeds);
  await streams.traded(feeds);
  await streams.followed(feeds);
  await streams.left(c, feeds);
  await streams.keyed(c);
  await c.disconnect();
});

await part('restart', async () => {
  const [ws, c] = await Promise.all([wsapi.connect(alice.credentials), alice.spot.websocketStreams.connect()]);
  await across(ws, c);
  await Promise.all([ws.disconnect(), c.disconnect()]);
});

process.exit(end());
