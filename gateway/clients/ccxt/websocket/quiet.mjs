// Streams in a market in which nothing happens: whoever watches is told at once.
import { check, equal, eventually, holds, pick, within } from '../checks.mjs';
import { number } from '../decimals.mjs';
import { alice, connected } from '../exchange.mjs';
import { bar, statistics } from '../model.mjs';

const patience = 2000;

export async function quietChecks({ btc, eth, cross }) {
  const client = await connected();
  const mini = 'symbol open high low close last baseVolume quoteVolume';
  const day = (market) => pick(statistics(market), mini);
  const best = (market) => [market.best('buy'), market.best('sell')];

  await check('watchTicker', async () => {
    equal(pick(await within(patience, client.watchTicker(btc.symbol), 'ticker'), mini), day(btc));
  });
  await check('watchTickers all', async () => {
    const all = await within(patience, client.watchTickers(), 'tickers');
    equal(Object.keys(all).sort(), [btc, eth, cross].map((m) => m.symbol).sort());
    for (const market of [btc, eth]) equal(pick(all[market.symbol], mini), day(market));
  });
  await check('watchTickers of some', async () => {
    const other = await connected(); // of what it has subscribed to already, ccxt waits for the next update
    await within(patience, other.watchTickers([btc.symbol, eth.symbol]), 'tickers');
    await eventually(patience, () => {
      equal(Object.keys(other.tickers).sort(), [btc.symbol, eth.symbol]);
      for (const market of [btc, eth]) equal(pick(other.tickers[market.symbol], mini), day(market), market.symbol);
    });
    await other.close();
  });
  await check('watchBidsAsks', async () => {
    for (const market of [btc, eth]) {
      const all = await within(patience, client.watchBidsAsks([market.symbol]), 'best prices');
      const { bid, bidVolume, ask, askVolume } = all[market.symbol];
      equal([[bid, bidVolume], [ask, askVolume]], best(market), market.symbol);
    }
  });
  for (const [frame, length] of [['1m', 60_000], ['1d', 86_400_000]]) {
    await check(`watchOHLCV ${frame}`, async () => {
      const list = await within(patience, client.watchOHLCV(btc.symbol, frame), 'bars');
      equal(list.at(-1), bar(btc.trades, length, list.at(-1)[0]));
      holds(Math.abs(list.at(-1)[0] + length / 2 - Date.now()) <= length, 'it is the bar of now', list.at(-1)[0]);
    });
  }
  await check('watchTrades', async () => {
    const next = client.watchTrades(btc.symbol);
    const before = btc.trades.length;
    await subscribed(client, 'btcusdt@trade');
    await btc.taken(alice, 'buy', '0.02');
    const [trade] = await within(patience, next, 'trades');
    const { id, side, price, quantity, cost, time } = btc.trades[before];
    equal(pick(trade, 'id symbol side price amount cost timestamp'), {
      id, symbol: btc.symbol, side, price: number(price), amount: number(quantity), cost: number(cost), timestamp: time,
    });
  });
  await check('watchOrderBook', async () => {
    const book = await within(patience, client.watchOrderBook(btc.symbol), 'book');
    equal([copy(book.bids), copy(book.asks)], [btc.levels('buy'), btc.levels('sell')]);
  });
  await client.close();
}

/** copy makes plain arrays of one side of a book. */
export const copy = (side) => [...side].map(([price, amount]) => [price, amount]);

/** subscribed waits until the exchange says that a connection of the client has a stream. */
export async function subscribed(client, stream) {
  await eventually(10_000, async () => holds((await streams(client)).includes(stream), `there is ${stream}`, await streams(client)));
}

/** streams returns what all connections of a client are subscribed to. */
export async function streams(client) {
  const open = Object.values(client.clients).filter((c) => c.isOpen());
  return (await Promise.all(open.map((c) => within(patience, subscriptions(c.connection), 'a list of subscriptions')))).flat();
}

/** subscriptions asks the exchange which streams a connection has. */
function subscriptions(socket) {
  const id = Math.floor(Math.random() * 2 ** 31) + 2 ** 31; // ccxt counts from 1
  const answer = new Promise((resolve) => {
    const listen = ({ data }) => {
      const message = JSON.parse(data);
      if (message.id !== id) return;
      socket.removeEventListener('message', listen);
      resolve(message.result);
    };
    socket.addEventListener('message', listen);
  });
  socket.send(JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id }));
  return answer;
}
