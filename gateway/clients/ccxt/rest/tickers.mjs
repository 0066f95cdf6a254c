// Statistics of a day.
import { check, equal, holds, pick } from '../checks.mjs';
import { number } from '../decimals.mjs';
import { statistics } from '../model.mjs';

const day = 86_400_000;

export async function tickerChecks({ visitor, btc, eth, cross }) {
  const names = Object.keys(statistics(btc)).join(' ');
  const looked = (all, market) => {
    equal(pick(all[market.symbol], names), statistics(market), market.symbol);
    const { openTime, closeTime } = all[market.symbol].info;
    equal(closeTime - openTime, day, 'window');
  };
  await check('fetchTicker', async () => {
    const ticker = await visitor.fetchTicker(btc.symbol);
    looked({ [btc.symbol]: ticker }, btc);
    holds(ticker.timestamp >= btc.trades.at(-1).time, 'it is not older than the last trade', ticker.timestamp);
  });
  await check('fetchTickers all', async () => {
    const all = await visitor.fetchTickers();
    equal(Object.keys(all).sort(), [btc, eth, cross].map((m) => m.symbol).sort());
    for (const market of [btc, eth]) looked(all, market);
    const quiet = { last: undefined, baseVolume: 0, quoteVolume: 0 };
    equal(pick(all[cross.symbol], Object.keys(quiet).join(' ')), quiet, cross.symbol);
  });
  await check('fetchTickers two', async () => {
    const two = await visitor.fetchTickers([btc.symbol, eth.symbol]);
    equal(Object.keys(two).sort(), [btc.symbol, eth.symbol]);
    for (const market of [btc, eth]) looked(two, market);
  });
  await check('fetchLastPrices', async () => {
    const all = await visitor.fetchLastPrices();
    for (const market of [btc, eth]) equal(all[market.symbol].price, number(market.trades.at(-1).price), market.symbol);
  });
}
