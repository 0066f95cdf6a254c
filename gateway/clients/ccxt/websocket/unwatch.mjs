// Streams that are no longer wanted.
import { check, equal, holds, within } from '../checks.mjs';
import { alice, connected } from '../exchange.mjs';
import { streams, subscribed } from './quiet.mjs';

const patience = 10_000;

export async function unwatchChecks({ btc }) {
  const client = await connected();
  await within(patience, client.watchOrderBook(btc.symbol), 'book');
  client.watchTrades(btc.symbol).catch(() => {}); // it is told that it has ended
  await subscribed(client, 'btcusdt@trade');
  for (const [name, stream, call] of [
    ['unWatchTrades', 'btcusdt@trade', () => client.unWatchTrades(btc.symbol)],
    ['unWatchOrderBook', 'btcusdt@depth@100ms', () => client.unWatchOrderBook(btc.symbol)],
  ]) {
    await check(name, async () => {
      holds((await streams(client)).includes(stream), `${stream} is there before`, await streams(client));
      await within(patience, call(), name);
      equal((await streams(client)).filter((s) => s === stream), []);
    });
  }
  await check('watchTrades again', async () => {
    const next = client.watchTrades(btc.symbol);
    await subscribed(client, 'btcusdt@trade');
    await btc.taken(alice, 'buy', '0.03');
    equal((await within(patience, next, 'trades')).map((t) => t.id), [btc.trades.at(-1).id]);
  });
  await client.close();
}
