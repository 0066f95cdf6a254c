// Orders and trades of an account that are past.
import { check, equal, holds, pick, refused } from '../checks.mjs';
import { fee, number } from '../decimals.mjs';
import { alice, bob, ccxt } from '../exchange.mjs';

export async function historyChecks(world) {
  const { alice: client, btc, eth } = world;
  let orders;
  await check('fetchOrders', async () => {
    orders = await client.fetchOrders(btc.symbol);
    const ids = orders.map((o) => Number(o.id));
    equal(ids, [...ids].sort((a, b) => a - b), 'oldest first');
    const filled = new Map();
    for (const t of btc.trades) filled.set(t.order, (filled.get(t.order) ?? 0n) + t.quantity);
    for (const o of orders) equal(o.filled, number(filled.get(o.id) ?? 0n), `filled of ${o.id}`);
    holds([...filled.keys()].every((id) => ids.includes(Number(id))), 'all that have traded are there', ids);
  });
  await check('fetchOrders since and limit', async () => {
    const since = orders[2].timestamp;
    equal((await client.fetchOrders(btc.symbol, since, 3)).map((o) => o.id), orders.filter((o) => o.timestamp >= since).slice(0, 3).map((o) => o.id));
    equal((await client.fetchOrders(btc.symbol, undefined, 2)).map((o) => o.id), orders.slice(-2).map((o) => o.id), 'the newest');
  });
  await check('fetchClosedOrders', async () => {
    const closed = await client.fetchClosedOrders(btc.symbol);
    equal(closed.map((o) => o.id), orders.filter((o) => o.status === 'closed').map((o) => o.id));
  });
  await check('fetchOrder of each order', async () => {
    for (const order of orders) equal(await client.fetchOrder(order.id, btc.symbol), order);
  });
  await check('fetchOrder that is unknown', () => refused(() => client.fetchOrder('99999999', btc.symbol), ccxt.OrderNotFound, 'Order does not exist.'));
  await check('fetchOrder of another account', () => refused(() => world.bob.fetchOrder(orders[0].id, btc.symbol), ccxt.OrderNotFound, 'Order does not exist.'));
  for (const [name, who] of [['alice', alice], ['bob', bob]]) {
    await check(`fetchMyTrades of ${name} equals the ledger's`, async () => {
      for (const market of [btc, eth]) equal(told(await world[name].fetchMyTrades(market.symbol)), expected(market, who), market.symbol);
    });
  }
  await check('fetchMyTrades since and limit', async () => {
    const all = expected(btc, alice), since = all[4].timestamp;
    equal(told(await client.fetchMyTrades(btc.symbol, since, 3)), all.filter((t) => t.timestamp >= since).slice(0, 3));
  });
  await check('fetchOrderTrades', async () => {
    const all = expected(btc, alice);
    for (const id of new Set(all.map((t) => t.order))) {
      equal(told(await client.fetchOrderTrades(id, btc.symbol)), all.filter((t) => t.order === id), id);
    }
  });
}

const told = (trades) => trades.map((t) => pick(t, 'id order symbol side takerOrMaker price amount cost timestamp fee'));

/** expected returns an account's part in the trades of a market. */
function expected(market, who) {
  return market.trades.map((t) => {
    const taker = t.taker === who;
    const side = taker === (t.side === 'buy') ? 'buy' : 'sell';
    const charge = side === 'buy' ? { cost: number(fee(t.quantity)), currency: market.base } : { cost: number(fee(t.cost)), currency: market.quote };
    return {
      id: t.id, order: taker ? t.order : t.makerOrder, symbol: market.symbol, side, takerOrMaker: taker ? 'taker' : 'maker',
      price: number(t.price), amount: number(t.quantity), cost: number(t.cost), timestamp: t.time, fee: charge,
    };
  });
}
