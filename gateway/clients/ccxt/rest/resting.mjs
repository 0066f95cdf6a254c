// Orders that wait: they are listed, edited and canceled.
import { check, equal, holds, pick, refused } from '../checks.mjs';
import { number, units, worth } from '../decimals.mjs';
import { alice, bob, ccxt } from '../exchange.mjs';
import { balanced } from './balance.mjs';

export async function restingChecks(world) {
  const { alice: client, btc, eth } = world;
  client.options.warnOnFetchOpenOrdersWithoutSymbol = false;
  for (const order of await client.fetchOpenOrders()) await client.cancelOrder(order.id, order.symbol);
  btc.orders = btc.orders.filter((o) => o.who === bob);
  const low = btc.best('buy')[0] - 20;
  const rest = (price, market = btc) => client.createOrder(market.symbol, 'limit', 'buy', 0.5, price);

  await check('fetchBalance while an order waits', async () => {
    const order = await rest(low);
    btc.add(alice, 'buy', '0.5', String(low), order.id);
    await balanced(world, client, alice);
    equal((await client.fetchBalance()).USDT.used, number(worth(units(low), units('0.5'))));
    await client.cancelOrder(order.id, btc.symbol);
    btc.remove(order.id);
    await balanced(world, client, alice);
  });
  await edited(client, btc, low);
  await canceled(client, btc, low);
  await check('fetchOpenOrders', async () => {
    const orders = [await rest(low), await rest(low - 1), await rest(low - 2)];
    const other = await rest(90, eth);
    const same = 'id clientOrderId symbol type side price amount filled remaining status timeInForce';
    const shown = (list) => list.map((o) => pick(o, same));
    equal(shown(await client.fetchOpenOrders(btc.symbol)), shown(orders));
    equal(shown(await client.fetchOpenOrders()), shown([...orders, other]));
    equal((await world.bob.fetchOpenOrders(btc.symbol)).length, btc.orders.length, 'those of bob');
  });
  await check('cancelAllOrders', async () => {
    const open = await client.fetchOpenOrders(btc.symbol);
    const ended = await client.cancelAllOrders(btc.symbol);
    equal(ended.map((o) => pick(o, 'id price amount status')), open.map((o) => ({ ...pick(o, 'id price amount'), status: 'canceled' })));
    equal((await client.fetchOpenOrders()).map((o) => o.symbol), [eth.symbol]);
    await client.cancelAllOrders(eth.symbol);
    await balanced(world, client, alice);
  });
  await check('cancelAllOrders when there are none', () => refused(() => client.cancelAllOrders(btc.symbol), ccxt.OrderNotFound, 'Unknown order sent.'));
}

/** edited replaces an order with another. */
async function edited(client, { symbol }, price) {
  let edit;
  await check('editOrder', async () => {
    const order = await client.createOrder(symbol, 'limit', 'buy', 0.5, price);
    edit = await client.editOrder(order.id, symbol, 'limit', 'buy', 0.6, price - 1);
    holds(edit.id !== order.id, 'it is another order', edit.id);
    equal(pick(edit, 'price amount filled status'), { price: price - 1, amount: 0.6, filled: 0, status: 'open' });
    equal((await client.fetchOrder(order.id, symbol)).status, 'canceled');
    equal((await client.fetchOpenOrders(symbol)).map((o) => o.id), [edit.id]);
  });
  await check('editOrder of an order that has ended', async () => {
    await client.cancelOrder(edit.id, symbol);
    await refused(() => client.editOrder(edit.id, symbol, 'limit', 'buy', 0.6, price), ccxt.ExchangeError, 'Order cancel-replace failed.');
    equal(await client.fetchOpenOrders(symbol), [], 'nothing was placed');
  });
}

/** canceled ends orders by what they are known by. */
async function canceled(client, { symbol }, price) {
  for (const by of ['id', 'clientOrderId']) {
    await check(`cancelOrder by ${by}`, async () => {
      const order = await client.createOrder(symbol, 'limit', 'buy', 0.5, price);
      const answer = by === 'id' ? await client.cancelOrder(order.id, symbol) : await client.cancelOrder(undefined, symbol, { clientOrderId: order.clientOrderId });
      const want = { id: order.id, price, amount: 0.5, filled: 0, remaining: 0.5, status: 'canceled' };
      equal(pick(answer, Object.keys(want).join(' ')), want);
      equal(pick(await client.fetchOrder(order.id, symbol), Object.keys(want).join(' ')), want, 'fetchOrder');
    });
  }
  await check('cancelOrder that is unknown', () => refused(() => client.cancelOrder('99999999', symbol), ccxt.OrderNotFound, 'Unknown order sent.'));
  await check('cancelOrder by a clientOrderId that is unknown', () =>
    refused(() => client.cancelOrder(undefined, symbol, { clientOrderId: 'nobody' }), ccxt.OrderNotFound, 'Unknown order sent.'));
}
