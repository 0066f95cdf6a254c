// Requests over the websocket API.
import { check, equal, holds, pick, refused } from '../checks.mjs';
import { number, text, units } from '../decimals.mjs';
import { alice, ccxt, connected } from '../exchange.mjs';
import { bar, rawBalances } from '../model.mjs';

const shape = 'id clientOrderId symbol type side price amount filled remaining cost status timeInForce';

export async function entryChecks(world) {
  const client = await connected(alice);
  const { btc } = world;
  const low = btc.best('buy')[0] - 20;
  await single(client, btc, low);
  await several(client, btc, low);
  await executed(client, btc);
  await asked(client, world);
  await check('createOrderWs without funds', () =>
    refused(() => client.createOrderWs(btc.symbol, 'limit', 'sell', 5000, low + 100), ccxt.InsufficientFunds, 'insufficient balance'));
  await check('cancelOrderWs that is unknown', () => refused(() => client.cancelOrderWs('99999999', btc.symbol), ccxt.OrderNotFound, 'Unknown order sent.'));
  await check('fetchOrderWs that is unknown', () => refused(() => client.fetchOrderWs('99999999', btc.symbol), ccxt.OrderNotFound, 'Order does not exist.'));
  await client.close();
}

/** single takes one order through its life. */
async function single(client, { symbol }, low) {
  let order;
  await check('createOrderWs limit', async () => {
    order = await client.createOrderWs(symbol, 'limit', 'buy', 0.5, low);
    equal(pick(order, 'symbol type side price amount filled status timeInForce'), {
      symbol, type: 'limit', side: 'buy', price: low, amount: 0.5, filled: 0, status: 'open', timeInForce: 'GTC',
    });
    equal(pick(await client.fetchOrder(order.id, symbol), shape), pick(order, shape), 'fetchOrder');
  });
  await check('editOrderWs', async () => {
    const edit = await client.editOrderWs(order.id, symbol, 'limit', 'buy', 0.6, low - 1);
    holds(edit.id !== order.id, 'it is another order', edit.id);
    equal(pick(edit, 'price amount filled status'), { price: low - 1, amount: 0.6, filled: 0, status: 'open' });
    equal((await client.fetchOrder(order.id, symbol)).status, 'canceled');
    order = edit;
  });
  await check('fetchOrderWs', async () => {
    equal(pick(await client.fetchOrderWs(order.id, symbol), shape), pick(await client.fetchOrder(order.id, symbol), shape));
  });
  await check('cancelOrderWs', async () => {
    const end = await client.cancelOrderWs(order.id, symbol);
    equal(pick(end, 'id price amount filled status'), { id: order.id, price: low - 1, amount: 0.6, filled: 0, status: 'canceled' });
  });
  await check('createOrderWs with test leaves no trace', async () => {
    const before = (await client.fetchOrders(symbol)).length;
    await client.createOrderWs(symbol, 'limit', 'buy', 0.5, low, { test: true });
    equal((await client.fetchOrders(symbol)).length, before);
  });
}

/** several lists orders and cancels them all. */
async function several(client, { symbol }, low) {
  const ids = [];
  await check('fetchOpenOrdersWs', async () => {
    for (let i = 0; i < 3; i++) ids.push((await client.createOrderWs(symbol, 'limit', 'buy', 0.1, low - i)).id);
    const open = await client.fetchOpenOrdersWs(symbol);
    equal(open.map((o) => o.id), ids);
    equal(open.map((o) => pick(o, shape)), (await client.fetchOpenOrders(symbol)).map((o) => pick(o, shape)));
  });
  await check('cancelAllOrdersWs', async () => {
    const ended = await client.cancelAllOrdersWs(symbol);
    equal(ended.map((o) => pick(o, 'id status')), ids.map((id) => ({ id, status: 'canceled' })));
    equal(await client.fetchOpenOrders(symbol), []);
  });
  await check('fetchOrdersWs', async () => {
    equal((await client.fetchOrdersWs(symbol)).map((o) => pick(o, shape)), (await client.fetchOrders(symbol)).map((o) => pick(o, shape)));
  });
}

/** executed takes from the book. */
async function executed(client, market) {
  await check('createOrderWs market', async () => {
    const order = await client.createOrderWs(market.symbol, 'market', 'sell', 0.321);
    const { fills } = market.take(alice, 'sell', '0.321');
    market.note(order.info.result ?? order.info, fills);
    const cost = fills.reduce((all, f) => all + f.cost, 0n);
    equal(pick(order, 'status filled cost'), { status: 'closed', filled: 0.321, cost: number(cost) });
    equal(order.trades.map((t) => [t.id, t.price, t.amount]), fills.map((f) => [f.id, number(f.price), number(f.quantity)]));
  });
  await check('fetchMyTradesWs', async () => {
    const trade = 'id order symbol side takerOrMaker price amount cost timestamp fee';
    const mine = await client.fetchMyTradesWs(market.symbol);
    equal(mine.map((t) => pick(t, trade)), (await client.fetchMyTrades(market.symbol)).map((t) => pick(t, trade)));
    equal(mine.map((t) => t.id), market.trades.filter((t) => t.taker === alice || t.maker === alice).map((t) => t.id));
  });
}

/** asked looks at the rest that can be asked for. */
async function asked(client, { ledger, markets, btc }) {
  await check('fetchTradesWs', async () => {
    const trades = await client.fetchTradesWs(btc.symbol);
    equal(trades.map((t) => [t.id, t.price, t.amount, t.side, t.timestamp]), btc.trades.map((t) => [t.id, number(t.price), number(t.quantity), t.side, t.time]));
  });
  await check('fetchOHLCVWs', async () => {
    const list = await client.fetchOHLCVWs(btc.symbol, '1m');
    equal(list, list.map(([start]) => bar(btc.trades, 60_000, start)));
    equal(list[0][0], btc.trades[0].time - btc.trades[0].time % 60_000);
  });
  await check('fetchBalanceWs', async () => {
    const { info } = await client.fetchBalanceWs(); // of the answer ccxt keeps only the raw part
    const shown = (list) => list.map(({ asset, free, locked }) => ({ asset, free: text(units(free)), locked: text(units(locked)) }));
    equal(shown(info.balances).sort((a, b) => a.asset < b.asset ? -1 : 1), rawBalances(ledger, markets, alice));
  });
}
