// What can be traded, by which rules, and what time it is.
import { check, equal, holds, pick } from '../checks.mjs';
import { raw } from '../exchange.mjs';

/** The rules that an empty exchange begins with. */
const rules = {
  'BTC/USDT': { price: 0.01, amount: 0.00001, most: 9000, cost: 5 },
  'ETH/USDT': { price: 0.01, amount: 0.0001, most: 9000, cost: 5 },
  'ETH/BTC': { price: 0.00001, amount: 0.001, most: 100000, cost: 0.0001 },
};

export async function marketChecks(world) {
  await check('loadMarkets without keys', () => described(world.visitor));
  await check('loadMarkets with keys', () => described(world.alice));
  await check('loadMarkets agrees with the rules that are published', async () => {
    for (const { symbol, filters } of (await raw('exchangeInfo')).symbols) {
      const market = world.visitor.market(symbol);
      const filter = Object.fromEntries(filters.map((f) => [f.filterType, f]));
      equal(
        [market.precision.price, market.limits.price, market.precision.amount, market.limits.amount, market.limits.cost],
        [
          Number(filter.PRICE_FILTER.tickSize), range(filter.PRICE_FILTER.minPrice, filter.PRICE_FILTER.maxPrice),
          Number(filter.LOT_SIZE.stepSize), range(filter.LOT_SIZE.minQty, filter.LOT_SIZE.maxQty),
          range(filter.NOTIONAL.minNotional, filter.NOTIONAL.maxNotional),
        ], symbol);
    }
  });
  await check('fetchTime', async () => {
    const before = Date.now(), now = await world.visitor.fetchTime();
    holds(now >= before && now <= Date.now(), `it is between ${before} and ${Date.now()}`, now);
  });
  await check('fetchStatus', async () => equal((await world.visitor.fetchStatus()).status, 'ok'));
}

const range = (min, max) => ({ min: Number(min), max: Number(max) });

/** described demands the markets with their rules, and nothing else. */
function described(client) {
  equal(Object.keys(client.markets).sort(), Object.keys(rules).sort());
  for (const [symbol, rule] of Object.entries(rules)) {
    const market = client.markets[symbol];
    equal(pick(market, 'type spot active maker taker'), { type: 'spot', spot: true, active: true, maker: 0.001, taker: 0.001 }, symbol);
    equal(pick(market.precision, 'price amount'), { price: rule.price, amount: rule.amount }, symbol);
    equal([market.limits.amount, market.limits.cost.min], [{ min: rule.amount, max: rule.most }, rule.cost], symbol);
  }
}
