// The public trades, and bars made of them.
import { check, equal, holds, pick } from '../checks.mjs';
import { number } from '../decimals.mjs';
import { bars } from '../model.mjs';

export async function tradeChecks({ visitor, alice, btc }) {
  const told = (trades) => trades.map((t) => pick(t, 'symbol side price amount cost timestamp'));
  const want = btc.trades.map((t) => ({
    symbol: btc.symbol, side: t.side, price: number(t.price), amount: number(t.quantity), cost: number(t.cost), timestamp: t.time,
  }));
  await check('fetchTrades', async () => equal(told(await visitor.fetchTrades(btc.symbol)), want));
  await check('fetchTrades one by one', async () => {
    const trades = await alice.fetchTrades(btc.symbol, undefined, undefined, { fetchTradesMethod: 'publicGetHistoricalTrades' });
    equal(trades.map((t) => t.id), btc.trades.map((t) => t.id));
    equal(told(trades), want);
  });
  await check('fetchTrades since and limit', async () => {
    const since = want[3].timestamp;
    equal(told(await visitor.fetchTrades(btc.symbol, since, 3)), want.filter((t) => t.timestamp >= since).slice(0, 3));
  });
  for (const [frame, length] of [['1m', 60_000], ['1d', 86_400_000]]) {
    const all = bars(btc.trades, length);
    await check(`fetchOHLCV ${frame} equals bars from trades`, async () => {
      const list = await visitor.fetchOHLCV(btc.symbol, frame);
      equal(list.slice(0, all.length), all);
      const close = all.at(-1)[4];
      for (const [, ...bar] of list.slice(all.length)) equal(bar, [close, close, close, close, 0], 'a bar after the last trade');
    });
    await check(`fetchOHLCV ${frame} since and limit`, async () => {
      const last = all.at(-1);
      equal(await visitor.fetchOHLCV(btc.symbol, frame, last[0], 1), [last]);
      const list = await visitor.fetchOHLCV(btc.symbol, frame, last[0]);
      holds(list.every((bar) => bar[0] >= last[0]), 'none is older', list);
      equal(list[0], last);
    });
  }
}
