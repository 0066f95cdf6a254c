// What accounts are told over REST: their orders, trades, fees and limits.
import { BadRequestError } from '@binance/spot';
import { holds, refused, same } from './check.mjs';
import { decimal, times, units } from './decimal.mjs';
import { queried, result } from './orders.mjs';
import { tape } from './resttrade.mjs';
import { alice, bob, open } from './venue.mjs';

const symbol = 'BTCUSDT';
const limit = { symbol, type: 'LIMIT', timeInForce: 'GTC' };
const zero = '0.00000000';

const data = async (promise) => (await promise).data();

// orders queries what was placed before.
export async function orders({ bid, ask, ioc }) {
  const done = await data(bob.rest.getOrder({ symbol, orderId: ioc.orderId }));
  same('rest order that was filled at once', done, queried(ioc, { isWorking: done.isWorking }));
  const filled = await data(alice.rest.getOrder({ symbol, origClientOrderId: 'bid-1' }));
  same('rest order by client order id', filled, queried(result({
    ...bid, price: '60000.00000000', origQty: '0.50000000', executedQty: '0.50000000', cummulativeQuoteQty: '30000.00000000', status: 'FILLED', side: 'BUY',
  }), { updateTime: filled.updateTime, isWorking: filled.isWorking }));
  const no = (name, order, code, text) => refused(`rest refuses ${name}`, alice.rest.getOrder({ symbol, ...order }), BadRequestError, code, text);
  await no('a query of an order that is not there', { orderId: 999999 }, -2013, 'Order does not exist.');
  await no("a query of somebody else's order", { orderId: ioc.orderId }, -2013, 'Order does not exist.');
  await no('a query with two ids that do not belong together', { orderId: ask.orderId, origClientOrderId: 'bid-1' }, -2039, 'Client order ID is not correct for this order ID.');
  await no('a query without an id', {}, -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");

  const all = await data(alice.rest.allOrders({ symbol }));
  const ids = all.map((o) => o.orderId);
  same('rest all orders, the oldest first', ids, [...ids].sort((a, b) => a - b));
  same('rest all orders and their ends', all.map((o) => [o.price, o.status]), [
    ['60000.00000000', 'FILLED'], ['60010.00000000', 'CANCELED'], ['59990.00000000', 'CANCELED'], ['50000.00000000', 'CANCELED'],
    ['55000.00000000', 'CANCELED'], ['55001.00000000', 'CANCELED'], ['55002.00000000', 'CANCELED'],
  ]);
  same('rest all orders from an id', await data(alice.rest.allOrders({ symbol, orderId: ids[2], limit: 3 })), all.slice(2, 5));
  same('rest all orders of a time', await data(alice.rest.allOrders({ symbol, startTime: all[0].time, endTime: all[6].time })), all);
  const day = 24 * 60 * 60 * 1000;
  await refused('rest refuses all orders of more than a day', alice.rest.allOrders({ symbol, startTime: 1, endTime: 2 + day }), BadRequestError, -1127, 'More than 24 hours between startTime and endTime.');
}

// wanted is what myTrades must list for one of the two accounts.
function wanted(side, t, i, got) {
  const quote = times(units(t.price), units(t.qty));
  const isMaker = side === 'maker';
  const isBuyer = (t.makerSide === 'BUY') === isMaker;
  return {
    symbol,
    id: tape[0].id + i,
    orderId: got.orderId,
    orderListId: -1,
    price: decimal(units(t.price)),
    qty: decimal(units(t.qty)),
    quoteQty: decimal(quote),
    commission: decimal(times(isBuyer ? units(t.qty) : quote, units('0.001'))),
    commissionAsset: isBuyer ? 'BTC' : 'USDT',
    time: got.time,
    isBuyer,
    isMaker,
    isBestMatch: true,
  };
}

// trades compares both sides of all that has traded.
export async function trades({ ask, ioc }) {
  const maker = await data(alice.rest.myTrades({ symbol }));
  const taker = await data(bob.rest.myTrades({ symbol }));
  same('rest own trades of the maker', maker, tape.map((t, i) => wanted('maker', t, i, maker[i])));
  same('rest own trades of the taker', taker, tape.map((t, i) => wanted('taker', t, i, taker[i])));
  same('rest own trades of an order', (await data(alice.rest.myTrades({ symbol, orderId: ask.orderId }))).map((t) => t.id), [0, 2, 3].map((n) => tape[0].id + n));
  same('rest own trades of one fill', (await data(bob.rest.myTrades({ symbol, orderId: ioc.orderId }))).map((t) => t.id), [tape[0].id]);
  same('rest own trades from an id', await data(alice.rest.myTrades({ symbol, fromId: tape[0].id + 1, limit: 2 })), maker.slice(1, 3));
  same('rest own trades of a time', await data(alice.rest.myTrades({ symbol, startTime: maker[0].time, endTime: maker[3].time })), maker);
  await refused('rest refuses own trades by id and time', alice.rest.myTrades({ symbol, fromId: 1, startTime: 1 }), BadRequestError, -1128, 'Combination of optional parameters invalid.');
}

// preventions has an account meet itself, in each mode.
export async function preventions() {
  const maker = { ...limit, side: 'SELL', price: 61000, quantity: 1 };
  const want = {
    EXPIRE_TAKER: { taker: 'EXPIRED_IN_MATCH', maker: 'NEW', takerPreventedQuantity: '0.40000000' },
    EXPIRE_MAKER: { taker: 'NEW', maker: 'EXPIRED_IN_MATCH', makerPreventedQuantity: '1.00000000' },
    EXPIRE_BOTH: { taker: 'EXPIRED_IN_MATCH', maker: 'EXPIRED_IN_MATCH', takerPreventedQuantity: '0.40000000', makerPreventedQuantity: '1.00000000' },
    DECREMENT: { taker: 'EXPIRED_IN_MATCH', maker: 'NEW', takerPreventedQuantity: '0.40000000', makerPreventedQuantity: '0.40000000' },
  };
  for (const [mode, w] of Object.entries(want)) {
    const resting = await data(alice.rest.newOrder(maker));
    const taker = await data(alice.rest.newOrder({ ...limit, side: 'BUY', price: 61000, quantity: 0.4, selfTradePreventionMode: mode }));
    const { taker: takerStatus, maker: makerStatus, ...quantities } = w;
    const id = taker.preventedMatches?.[0]?.preventedMatchId;
    same(`rest self trade with ${mode}`, [taker.status, (await data(alice.rest.getOrder({ symbol, orderId: resting.orderId }))).status, taker.preventedMatches],
      [takerStatus, makerStatus, [{ preventedMatchId: id, makerOrderId: resting.orderId, price: '61000.00000000', ...quantities }]]);
    const matches = await data(alice.rest.myPreventedMatches({ symbol, orderId: taker.orderId }));
    same(`rest prevented match with ${mode}`, matches, [{
      symbol, preventedMatchId: id, takerOrderId: taker.orderId, makerSymbol: symbol, makerOrderId: resting.orderId, tradeGroupId: -1,
      selfTradePreventionMode: mode, price: '61000.00000000', ...quantities, transactTime: taker.transactTime,
    }]);
    await data(alice.rest.deleteOpenOrders({ symbol })).catch((e) => {
      if (mode !== 'EXPIRE_BOTH') throw e; // which leaves nothing
    });
  }
}

// facts are what does not change with trading.
export async function facts() {
  const none = { maker: zero, taker: zero, buyer: zero, seller: zero };
  same('rest commission of a symbol', await data(alice.rest.accountCommission({ symbol })), {
    symbol,
    standardCommission: { maker: '0.00100000', taker: '0.00100000', buyer: zero, seller: zero },
    specialCommission: none,
    taxCommission: none,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: zero },
  });
  const limits = await data(alice.rest.rateLimitOrder());
  same('rest order limits', limits.map(({ count, ...l }) => l), [
    { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
    { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200000 },
  ]);
  holds('rest order limits count orders of the day', limits[1].count > 0, limits[1].count, 'above 0');
  const info = await data(alice.rest.exchangeInfo({ symbol }));
  same('rest filters of an account', await data(alice.rest.myFilters({ symbol })), { exchangeFilters: [], symbolFilters: info.symbols[0].filters, assetFilters: [] });
  same('rest account without what is zero', (await data(alice.rest.getAccount({ omitZeroBalances: true }))).balances.map((b) => b.asset).sort(), ['BTC', 'ETH', 'USDT']);
  for (const name of ['openOrderList', 'allOrderList']) same(`rest ${name}`, await data(alice.rest[name]()), []);
  same('rest allocations', await data(alice.rest.myAllocations({ symbol })), []);
  const fine = open(alice.credentials, { timeUnit: 'MICROSECOND' });
  const order = (await data(alice.rest.allOrders({ symbol, limit: 1 })))[0];
  const finer = await data(fine.restAPI.getOrder({ symbol, orderId: order.orderId }));
  same('rest times in microseconds', [finer.time, finer.updateTime].map((t) => Math.floor(t / 1000)), [order.time, order.updateTime]);
}

// laterOrders are the types that are left out, and refused.
export async function laterOrders() {
  const o = { symbol, side: 'SELL', quantity: 1 };
  const refuse = (type, more, text) => refused(`rest refuses ${type}`, alice.rest.newOrder({ ...o, type, ...more }), BadRequestError, -2010, text);
  await refuse('STOP_LOSS', { stopPrice: 50000 }, 'Stop loss orders are not supported for this symbol.');
  await refuse('STOP_LOSS_LIMIT', { stopPrice: 50000, price: 49990, timeInForce: 'GTC' }, 'Stop loss limit orders are not supported for this symbol.');
  await refuse('TAKE_PROFIT', { stopPrice: 70000 }, 'Take profit orders are not supported for this symbol.');
  await refuse('TAKE_PROFIT_LIMIT', { stopPrice: 70000, price: 70010, timeInForce: 'GTC' }, 'Take profit limit orders are not supported for this symbol.');
}
