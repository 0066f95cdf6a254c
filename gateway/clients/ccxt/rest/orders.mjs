// Orders of each kind, their fills and fees.
import { check, equal, holds, pick, refused } from '../checks.mjs';
import { fee, number, text, units } from '../decimals.mjs';
import { alice, ccxt } from '../exchange.mjs';
import { balanced } from './balance.mjs';

export async function orderChecks(world) {
  const { btc } = world;
  const [bid, ask] = [() => btc.best('buy')[0], () => btc.best('sell')[0]];
  const [bought, offered] = ['buy', 'sell'].map((side) => (more) => Number((btc.best(side)[1] + more).toFixed(5)));
  const trade = (name, ...order) => check(`createOrder ${name}`, () => placed(world, ...order));

  await trade('limit GTC that waits', 'limit', 'buy', 0.5, bid() - 5);
  await trade('limit GTC that is filled at once', 'limit', 'buy', offered(-0.05), ask());
  await trade('limit GTC that is filled in part', 'limit', 'sell', bought(0.25), bid());
  await trade('limit GTC at a better price than asked for', 'limit', 'buy', 0.75, ask() + 3);
  await trade('limit IOC that finds nothing', 'limit', 'buy', 0.1, bid() - 1, { timeInForce: 'IOC' });
  await trade('limit IOC that is filled in part', 'limit', 'sell', bought(0.1), bid(), { timeInForce: 'IOC' });
  await trade('limit FOK that cannot be filled', 'limit', 'buy', 50, ask() + 1, { timeInForce: 'FOK' });
  await trade('limit FOK that is filled over several prices', 'limit', 'buy', offered(0.2), ask() + 1, { timeInForce: 'FOK' });
  await trade('limit postOnly', 'limit', 'buy', 0.2, bid() - 4, { postOnly: true });
  await trade('market buy of an amount', 'market', 'buy', 0.12345);
  await trade('market sell of an amount', 'market', 'sell', 0.54321);
  await trade('market buy for a cost', 'market', 'buy', undefined, undefined, { cost: 500 });
  await trade('market sell for a cost', 'market', 'sell', undefined, undefined, { cost: 250 });
  await check('fetchBalance after all of it equals the ledger', () => balanced(world, world.alice, alice));
  await identified(world, bid() - 9);
  await check('createOrder with test leaves no trace', async () => {
    const before = await world.alice.fetchOrders(btc.symbol);
    await world.alice.createOrder(btc.symbol, 'limit', 'buy', 0.01, bid(), { test: true });
    equal((await world.alice.fetchOrders(btc.symbol)).map((o) => o.id), before.map((o) => o.id));
    await balanced(world, world.alice, alice);
  });
}

/** placed has alice place an order, and compares all that comes of it. */
async function placed({ btc, alice: client }, type, side, amount, price, params = {}) {
  const { fills, left, amount: quantity } = predicted(btc, type, side, amount, price, params);
  const order = await client.createOrder(btc.symbol, type, side, amount, price, params);
  btc.note(order.info, fills);
  const filled = sum(fills, 'quantity'), cost = sum(fills, 'cost');
  const waits = type === 'limit' && left > 0n && !['IOC', 'FOK'].includes(params.timeInForce);
  equal(pick(order, 'symbol type side amount filled remaining cost status timeInForce postOnly'), {
    symbol: btc.symbol, type, side, amount: number(quantity), filled: number(filled), remaining: number(quantity - filled), cost: number(cost),
    status: waits ? 'open' : left > 0n ? 'expired' : 'closed', timeInForce: params.timeInForce ?? 'GTC', postOnly: params.postOnly ?? false,
  });
  if (type === 'limit') equal(order.price, price, 'price');
  equal(order.trades.map((t) => [t.id, t.price, t.amount, t.cost, t.fee]), fills.map((f) => [
    f.id, number(f.price), number(f.quantity), number(f.cost), charge(f, side),
  ]), 'trades');
  if (filled > 0n) {
    holds(Math.abs(order.average - number(cost) / number(filled)) < 1e-8, 'average', order.average);
    equal(order.fee, { cost: number(fills.reduce((all, f) => all + units(charge(f, side).cost), 0n)), currency: side === 'buy' ? 'BTC' : 'USDT' });
  }
  const again = await client.fetchOrder(order.id, btc.symbol);
  const same = 'id clientOrderId status type side price amount filled remaining cost timeInForce';
  equal(pick(again, same), pick(order, same), 'fetchOrder');
  if (waits) {
    const end = await client.cancelOrder(order.id, btc.symbol);
    equal(pick(end, 'id status filled remaining cost'), { ...pick(order, 'id filled remaining cost'), status: 'canceled' }, 'cancelOrder');
  }
  return `${text(filled)} of ${text(quantity)} in ${fills.length} trades`;
}

/** predicted has the model do what the exchange is about to be asked for. */
function predicted(market, type, side, amount, price, { timeInForce, cost }) {
  if (cost !== undefined) amount = affordable(market, side, units(cost));
  const quantity = typeof amount === 'bigint' ? amount : units(amount);
  const available = market.side(side === 'buy' ? 'sell' : 'buy')
    .filter((o) => price === undefined || (side === 'buy' ? o.price <= units(price) : o.price >= units(price)))
    .reduce((all, o) => all + o.left, 0n);
  if (timeInForce === 'FOK' && available < quantity) return { fills: [], left: quantity, amount: quantity };
  return { ...market.take(alice, side, text(quantity), price === undefined ? undefined : text(units(price))), amount: quantity };
}

/** affordable returns how many lots can be had for a cost, or must be sold for it. */
function affordable(market, side, cost) {
  const lot = units('0.00001');
  let amount = 0n;
  for (const { price, left } of market.side(side === 'buy' ? 'sell' : 'buy')) {
    const lots = cost * 100_000_000n / price / lot * lot;
    const taken = lots < left ? lots : left;
    amount += taken;
    cost -= taken * price / 100_000_000n;
    if (taken < left) break;
  }
  return amount;
}

const sum = (fills, what) => fills.reduce((all, f) => all + f[what], 0n);

/** charge is the fee of a fill: on the BTC that a buyer receives, on a seller's USDT. */
function charge(fill, side) {
  return side === 'buy' ? { cost: number(fee(fill.quantity)), currency: 'BTC' } : { cost: number(fee(fill.cost)), currency: 'USDT' };
}

/** identified looks at the names that an order may be given. */
async function identified({ alice: client, btc }, price) {
  const mine = 'x-TKT5PX2F-mine_1';
  let order;
  await check('clientOrderId round trip', async () => {
    order = await client.createOrder(btc.symbol, 'limit', 'buy', 0.01, price, { clientOrderId: mine });
    equal(order.clientOrderId, mine);
    equal((await client.fetchOrder(undefined, btc.symbol, { clientOrderId: mine })).id, order.id);
  });
  await check('clientOrderId of an open order is refused', () =>
    refused(() => client.createOrder(btc.symbol, 'limit', 'buy', 0.01, price, { clientOrderId: mine }), ccxt.InvalidOrder, 'Duplicate order sent.'));
  await check('clientOrderId is free again after the order', async () => {
    await client.cancelOrder(undefined, btc.symbol, { clientOrderId: mine });
    const next = await client.createOrder(btc.symbol, 'limit', 'buy', 0.01, price, { clientOrderId: mine });
    holds(next.id !== order.id && next.clientOrderId === mine, 'it is another order', next);
    await client.cancelOrder(next.id, btc.symbol);
  });
  await check('clientOrderId that ccxt gives', async () => {
    const own = await client.createOrder(btc.symbol, 'limit', 'buy', 0.01, price);
    holds(own.clientOrderId.startsWith('x-TKT5PX2F'), 'it has the prefix of ccxt', own.clientOrderId);
    equal((await client.cancelOrder(own.id, btc.symbol)).id, own.id);
  });
}
